"""Groups under their older name."""
