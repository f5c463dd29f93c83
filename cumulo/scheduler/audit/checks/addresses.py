"""Addresses, the ports that hold them, and the ranges they are from."""

import functools
import ipaddress
from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.scheduler.audit.facts import Address, Facts, Port, Subnet

KINDS = {
    "address_without_port": "An address is held by a port that is not there.",
    "address_of_missing_subnet": "An address is of a subnet that is not there.",
    "address_of_other_network": "A port holds an address of a network it is not in.",
    "address_outside_range": "A port holds an address that its subnet's range does not have.",
    "address_is_gateway": "A port holds the address of a gateway that is the host itself.",
    "address_twice": "Two ports of a network hold the same address.",
    "card_twice": "Two ports of a network have the same MAC address.",
    "dhcp_ports_differ": "A network has more than one DHCP port, or one that no range needs.",
}
_range = functools.lru_cache(maxsize=4096)(ipaddress.ip_network)  # one range has many addresses


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every address, then every network as a whole."""
    for address in facts.database.addresses:
        yield from _address(address, facts.ports.get(address.port_id), facts.subnets.get(address.subnet_id), facts)
    yield from _twice("card_twice", "MAC address", [
        (port.network_id, port.mac_address, port.id) for port in facts.database.ports])
    yield from _twice("address_twice", "address", [
        (facts.subnets[each.subnet_id].network_id, each.ip_address, each.port_id)
        for each in facts.database.addresses if each.subnet_id in facts.subnets])
    for network_id in facts.networks:
        yield from _dhcp(network_id, facts)


def _address(address: Address, port: Port | None, subnet: Subnet | None, facts: Facts) -> Iterator[Difference]:
    def differs(kind: str, other: str) -> Difference:
        one = f"address {address.ip_address} of subnet {address.subnet_id} is held by port {address.port_id}"
        return Difference(kind, address.port_id, one, other, mark=address.ip_address,
                          server_id=port.device_id or None if port else None)

    if port is None:
        yield differs("address_without_port", "no port row")
    if subnet is None:
        yield differs("address_of_missing_subnet", "no subnet row")
        return
    if port is not None and port.network_id != subnet.network_id:
        yield differs("address_of_other_network",
                      f"the port is in network {port.network_id}, the subnet in {subnet.network_id}")
    if ipaddress.ip_address(address.ip_address) not in _range(subnet.cidr):
        yield differs("address_outside_range", f"the range is {subnet.cidr}")
    elif subnet.ip_version == 4 and address.ip_address == subnet.gateway_ip and _is_host_gateway(subnet, facts):
        yield differs("address_is_gateway", "the host has it, which is the subnet's gateway")


def _is_host_gateway(subnet: Subnet, facts: Facts) -> bool:
    network = facts.networks.get(subnet.network_id)
    return network is not None and network.has_nat


def _twice(kind: str, what: str, held: list[tuple[str, str, str]]) -> Iterator[Difference]:
    """Name every (network, value) that a second port has."""
    first: dict[tuple[str, str], str] = {}
    for network_id, value, port_id in held:
        holder = first.setdefault((network_id, value), port_id)
        if holder != port_id:
            yield Difference(kind, port_id, f"port {port_id} of network {network_id} has the {what} {value}",
                             f"port {holder} has it too", mark=value)


def _dhcp(network_id: str, facts: Facts) -> Iterator[Difference]:
    ports = [port for port in facts.ports_by_network.get(network_id, ()) if port.is_dhcp]
    wanting = {each.id for each in facts.subnets_by_network.get(network_id, ()) if each.enable_dhcp}
    held = {each.subnet_id for port in ports for each in facts.addresses_by_port.get(port.id, ())}
    if len(ports) > 1:
        yield Difference("dhcp_ports_differ", network_id, f"network {network_id} has {len(ports)} DHCP ports", "one is "
                         "enough")
    elif ports and not held:
        yield Difference("dhcp_ports_differ", network_id, f"DHCP port {ports[0].id} of network {network_id}",
                         "it holds no address")
    elif held - wanting:
        yield Difference("dhcp_ports_differ", network_id, f"DHCP port {ports[0].id} of network {network_id} serves "
                         f"subnet {min(held - wanting)}", "the subnet wants no DHCP")
