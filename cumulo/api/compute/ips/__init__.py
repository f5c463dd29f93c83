"""The addresses of a server."""
