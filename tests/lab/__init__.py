"""Several hosts on one machine: each a network, mount and UTS namespace with a network agent of its own."""
