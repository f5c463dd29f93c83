"""Networks and routers on the hosts of agents."""
