"""What this API can do beyond its core."""
