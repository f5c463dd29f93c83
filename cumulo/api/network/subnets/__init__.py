"""Subnets of the network API."""
