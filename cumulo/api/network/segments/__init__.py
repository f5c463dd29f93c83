"""Segments: where networks lie, one by one."""
