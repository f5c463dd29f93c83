"""The tags of a server."""
