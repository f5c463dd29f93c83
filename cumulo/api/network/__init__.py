"""The network API, v2.0."""
