"""Repeatable measurements, one command each."""
