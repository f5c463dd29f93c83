"""What backends have."""
