"""The image API, version 2."""
