"""Servers: create, list, show, update, delete."""
