"""Flavors of routers."""
