"""The metadata of volumes."""
