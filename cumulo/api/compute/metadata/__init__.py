"""The metadata of a server."""
