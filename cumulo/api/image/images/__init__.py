"""Images themselves: make, list, show, change, delete, deactivate."""
