"""The extensions of API v3, all of which are part of it."""
