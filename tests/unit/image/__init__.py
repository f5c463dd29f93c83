"""Unit tests of the image part."""
