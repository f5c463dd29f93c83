"""Standard metadata definitions: one namespace in each JSON file, in the form in which the image API takes it."""
