"""One file for each bug that was mended: the test that would have found it."""
