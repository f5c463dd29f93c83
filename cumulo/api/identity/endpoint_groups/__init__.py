"""Groups of endpoints, named by what they have in common."""
