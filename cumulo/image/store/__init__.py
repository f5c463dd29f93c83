"""Where the data of images is kept; one module per kind of store."""
