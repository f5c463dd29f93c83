"""The network cards of a server: its ports, by the names of the compute API."""
