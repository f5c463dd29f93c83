"""Tests of the `cumulo` command."""
