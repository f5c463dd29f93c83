"""The settings of one domain."""
