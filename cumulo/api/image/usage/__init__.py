"""What a project has of images, and may have."""
