"""Types of groups."""
