"""Floating addresses by the names that compute had for them, until microversion 2.35."""
