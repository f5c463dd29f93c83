"""Tests of the volume part."""
