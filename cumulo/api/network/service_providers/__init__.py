"""What provides services of networks."""
