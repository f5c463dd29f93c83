"""Policies that let other projects use a thing."""
