"""The compute services and their state."""
