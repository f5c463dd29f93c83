"""What is drawn of a project: networks, routers, ports, servers."""
