"""What was done to a server: a view of operations."""
