"""What every service shares; imports nothing of the services themselves."""
