"""The block storage API."""
