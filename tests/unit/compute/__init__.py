"""Tests of the compute part."""
