"""Which versions of the API there are."""
