"""Rules of security groups."""
