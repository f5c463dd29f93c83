"""Ports of the network API."""
