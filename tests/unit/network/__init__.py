"""Tests of cumulo.network."""
