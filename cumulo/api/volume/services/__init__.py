"""The services of block storage and their state."""
