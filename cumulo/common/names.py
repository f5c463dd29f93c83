"""Names of devices that two agents of a host must agree on.

Linux interface names have at most 15 characters, so ids are cut to their first 11.
"""


def bridge_name(network_id: str) -> str:
    """Return the name of a network's bridge."""
    return f"cu{network_id[:11]}"


def tap_name(port_id: str) -> str:
    """Return the name of a port's tap device on the host of its server."""
    return f"tap{port_id[:11]}"


def dhcp_namespace(network_id: str) -> str:
    """Return the name of the network namespace that holds a network's DHCP server."""
    return f"cudhcp-{network_id}"


def dhcp_pair_name(network_id: str) -> str:
    """Return the name of the host's end of the pair that leads into the network's DHCP namespace."""
    return f"cud{network_id[:11]}"


def tunnel_name(network_id: str) -> str:
    """Return the name of the device by which a network reaches other hosts."""
    return f"cux{network_id[:11]}"


def vlan_name(network_id: str) -> str:
    """Return the name of the device by which a VLAN network reaches its wire."""
    return f"cuv{network_id[:11]}"


def router_namespace(router_id: str) -> str:
    """Return the name of the network namespace that is a router on a host."""
    return f"cur-{router_id}"


def router_leg_name(port_id: str) -> str:
    """Return the name of the host's end of a router's door into a network, by the door's port."""
    return f"cur{port_id[:11]}"


def router_way_out_name(router_id: str) -> str:
    """Return the name of the host's end of a router's way out."""
    return f"cuo{router_id[:11]}"


def router_second_door_name(router_id: str) -> str:
    """Return the name of the host's end by which other hosts hand packets to a router's gateway."""
    return f"cus{router_id[:11]}"


def router_leg_inside(port_id: str) -> str:
    """Return the name of a router's end of its door into a network."""
    return f"in{port_id[:11]}"
