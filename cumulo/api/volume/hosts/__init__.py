"""The hosts of block storage."""
