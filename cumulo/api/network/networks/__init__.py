"""Networks of the network API."""
