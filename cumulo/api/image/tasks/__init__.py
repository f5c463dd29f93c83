"""Tasks: a view of the operations that are imports."""
