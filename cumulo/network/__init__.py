"""Networks, subnets and ports: rules and queries, and what a host must look like (desired.py)."""
