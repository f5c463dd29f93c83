"""The compute API v2.1: one folder per resource."""
