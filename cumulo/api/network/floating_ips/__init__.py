"""Floating addresses."""
