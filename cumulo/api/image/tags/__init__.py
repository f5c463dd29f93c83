"""Tags of an image."""
