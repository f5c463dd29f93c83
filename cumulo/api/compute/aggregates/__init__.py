"""Aggregates of hosts."""
