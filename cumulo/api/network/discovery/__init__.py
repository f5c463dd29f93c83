"""Which versions and which collections there are."""
