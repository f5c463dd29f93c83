"""Service profiles: the ways that flavors stand for."""
