"""Agents of the network service."""
