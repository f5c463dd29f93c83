"""The extensions of API v2.1, all of which are part of it."""
