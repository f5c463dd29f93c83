"""Limits of one project or domain."""
