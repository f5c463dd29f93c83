"""The copies of images that this host keeps."""
