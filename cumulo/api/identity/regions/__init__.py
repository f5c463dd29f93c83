"""Regions of the catalog."""
