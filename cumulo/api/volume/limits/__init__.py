"""What the project may have and has."""
