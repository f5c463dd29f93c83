"""Moves of servers between hosts: a view of operations."""
