"""The compute hosts and what they have."""
