"""What a backend can do."""
