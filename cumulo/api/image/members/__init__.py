"""Projects an image is shared with."""
