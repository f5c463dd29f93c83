"""Tags of every resource."""
