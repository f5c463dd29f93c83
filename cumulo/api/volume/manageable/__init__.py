"""What backends have and nobody manages: listed, and taken over."""
