"""Ranges of addresses: pure checks of what a subnet may be made of. Each raises BadRequest or Conflict."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from cumulo.common import errors
from cumulo.network.addresses import Address, contains, parse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Pools = list[dict[str, str]]

MAX_NAME_SERVERS = 5
MAX_HOST_ROUTES = 20


def invalid(message: str) -> errors.BadRequest:
    """The error for input that breaks a rule of its resource."""
    return errors.BadRequest(f"Invalid input for operation: {message}", kind="InvalidInput")


def cidr(text: str, ip_version: int) -> Network:
    """The range a subnet is made of; host bits are cleared, as clients expect."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise invalid(f"'{text}' is not a valid IP subnet.") from None
    if network.version != ip_version:
        raise invalid(f"cidr '{text}' does not match the ip_version '{ip_version}'.")
    if network.prefixlen == 0 or network.is_multicast or network.is_loopback:
        raise invalid(f"'{text}' cannot be used as the range of a subnet.")
    return network


def default_gateway(network: Network) -> str | None:
    """The first address a host may have; None where there is only one address."""
    if network.num_addresses == 1:
        return None
    return str(network.network_address + (0 if network.num_addresses == 2 else 1))


def gateway(network: Network, text: str | None) -> str | None:
    """The gateway that was asked for; None: the subnet has none."""
    if text is None:
        return None
    address = parse(text)
    if address.version != network.version:
        raise invalid(f"gateway_ip '{text}' does not match the ip_version of the subnet.")
    link_local = address.version == 6 and address.is_link_local
    if not link_local and not contains(str(network), str(address)):
        raise invalid(f"Gateway {text} is not a valid address of {network}.")
    return str(address)


def check_ipv6_modes(network: Network, ra_mode: str | None, address_mode: str | None, *, enable_dhcp: bool) -> None:
    """Raise BadRequest for modes that no network can be in."""
    if ra_mode is None and address_mode is None:
        return
    if network.version != 6:
        raise invalid("ipv6_ra_mode and ipv6_address_mode can only be set when ip_version is 6.")
    if not enable_dhcp:
        raise invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False.")
    if ra_mode and address_mode and ra_mode != address_mode:
        raise invalid(f"ipv6_ra_mode set to '{ra_mode}' with ipv6_address_mode set to '{address_mode}' is not valid. "
                      "If both attributes are set, they must be the same value.")
    mode = address_mode or ra_mode
    if mode in ("slaac", "dhcpv6-stateless") and network.prefixlen != 64:
        raise invalid(f"Invalid CIDR {network} for IPv6 address mode {mode}: the prefix must be /64.")


def default_pools(network: Network, gateway_ip: str | None) -> Pools:
    """Every address of the range but its ends and the gateway."""
    first, last = _bounds(network)
    spans = [(first, last)]
    if gateway_ip is not None:
        at = ipaddress.ip_address(gateway_ip)
        if at.version == network.version and first <= at <= last:
            spans = [(first, at - 1), (at + 1, last)]
    return [{"start": str(start), "end": str(end)} for start, end in spans if start <= end]


def _bounds(network: Network) -> tuple[Any, Any]:
    """The first and the last address that a host may have."""
    first, last = network[0], network[-1]
    if network.num_addresses > 2:
        first = first + 1
        last = last - 1 if network.version == 4 else last
    return first, last


def pools(network: Network, wanted: Sequence[Mapping[str, str]]) -> Pools:
    """The pools that were asked for, in canonical form and order."""
    first, last = _bounds(network)
    spans: list[tuple[Any, Any]] = []
    for pool in wanted:
        start, end = parse(pool["start"]), parse(pool["end"])
        if start.version != network.version or end.version != network.version or start > end:
            raise errors.BadRequest(
                f"The allocation pool {start}-{end} is not valid.", kind="InvalidAllocationPool")
        if start < first or end > last:
            raise errors.BadRequest(
                f"The allocation pool {start}-{end} spans beyond the subnet cidr {network}.",
                kind="OutOfBoundsAllocationPool")
        spans.append((start, end))
    spans.sort()
    for (_, end), (start, _) in zip(spans, spans[1:], strict=False):
        if start <= end:
            raise errors.Conflict(
                f"Found overlapping allocation pools at {start} for subnet {network}.", kind="OverlappingAllocationPools")
    return [{"start": str(start), "end": str(end)} for start, end in spans]


def check_gateway_outside(gateway_ip: str | None, allocation_pools: Pools) -> None:
    """Raise Conflict when the gateway could be given to a port."""
    if gateway_ip is None:
        return
    at = ipaddress.ip_address(gateway_ip)
    for pool in allocation_pools:
        start: Address = ipaddress.ip_address(pool["start"])
        end: Address = ipaddress.ip_address(pool["end"])
        if start.version == at.version and start <= at <= end:  # type: ignore[operator]
            raise errors.Conflict(
                f"Gateway ip {gateway_ip} conflicts with allocation pool {start}-{end}.",
                kind="GatewayConflictWithAllocationPools")


def name_servers(wanted: Sequence[str]) -> list[str]:
    """DNS servers, checked; their order is kept, since resolvers ask in it."""
    if len(wanted) > MAX_NAME_SERVERS:
        raise errors.BadRequest(
            f"At most {MAX_NAME_SERVERS} DNS name servers can be given.", kind="DNSNameServersExhausted")
    found = [str(parse(each)) for each in wanted]
    if len(set(found)) != len(found):
        raise invalid("dns_nameservers names an address twice.")
    return found


def routes(network: Network, wanted: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Host routes handed out by DHCP, checked."""
    if len(wanted) > MAX_HOST_ROUTES:
        raise errors.BadRequest(f"At most {MAX_HOST_ROUTES} host routes can be given.", kind="HostRoutesExhausted")
    found = []
    for each in wanted:
        try:
            destination = ipaddress.ip_network(each["destination"], strict=False)
        except ValueError:
            raise invalid(f"'{each['destination']}' is not a valid route destination.") from None
        next_hop = parse(each["nexthop"])
        if destination.version != network.version or next_hop.version != network.version:
            raise invalid("A host route must be of the subnet's IP version.")
        found.append({"destination": str(destination), "nexthop": str(next_hop)})
    return found
