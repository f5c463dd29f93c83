"""Which address a port gets: the lowest free one of the pools, or the one that was asked for.

The primary key of `port_address` (subnet, address) is what makes an address unique. Callers hold
the lock of `revisions.advance`, so a look for a free address is still true when it is written.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, port_address

Row = Mapping[str, Any]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Pool = Mapping[str, str]

ROUTER = "network:router_"
FLOATING = "network:floatingip"
MADE_UP = ("slaac", "dhcpv6-stateless")
"""Modes of IPv6 subnets in which nobody gives out addresses."""


# Statements of every request, built once: that costs more than running them.
_OF_PORTS = sa.select(port_address.c.port_id, port_address.c.subnet_id, port_address.c.ip_address).order_by(
    port_address.c.port_id, port_address.c.position)
_OF_SOME = _OF_PORTS.where(port_address.c.port_id.in_(sa.bindparam("ports", expanding=True)))
_USED = sa.select(port_address.c.ip_address).where(port_address.c.subnet_id == sa.bindparam("its_subnet"))


def first_free(pools: Iterable[Pool], used: set[str]) -> str | None:
    """The lowest address of the pools that is not in `used`; None when all are."""
    for pool in pools:
        first, last = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        family, size = (socket.AF_INET, 4) if first.version == 4 else (socket.AF_INET6, 16)
        for number in range(int(first), int(last) + 1):
            # Ten times as quick as an address object for each one that is taken.
            address = socket.inet_ntop(family, number.to_bytes(size, "big"))
            if address not in used:
                return str(ipaddress.ip_address(address))
    return None


def used_addresses(connection: sa.Connection, subnet_id: str) -> set[str]:
    """Every address of the subnet that a port holds."""
    return set(connection.execute(_USED, {"its_subnet": subnet_id}).scalars())


def of_ports(connection: sa.Connection, port_ids: Sequence[str], chosen: Any) -> dict[str, list[dict[str, str]]]:
    """The addresses of each port in their order, as `fixed_ips` shows them; `chosen` as ports.named has it."""
    found: dict[str, list[dict[str, str]]] = {port_id: [] for port_id in port_ids}
    if not port_ids:
        return found
    rows = (connection.execute(_OF_SOME, {"ports": chosen}) if isinstance(chosen, list)
            else connection.execute(_OF_PORTS.where(port_address.c.port_id.in_(chosen))))
    for port_id, subnet_id, address in rows.all():
        if port_id in found:  # another may have come since the ports were read
            found[port_id].append({"subnet_id": subnet_id, "ip_address": address})
    return found


@dataclasses.dataclass(frozen=True)
class Holder:
    """The port that addresses are for: what it is decides which it may have."""

    port_id: str
    mac_address: str
    device_owner: str = ""

    @property
    def is_router(self) -> bool:
        """Whether it is a router's door: it may hold the gateway's address, and makes none up from its card's."""
        return self.device_owner.startswith(ROUTER)

    @property
    def makes_up(self) -> bool:
        """Whether it makes up an address where routers announce a prefix, as every guest does."""
        return not self.device_owner.startswith((ROUTER, FLOATING))


def allocate(connection: sa.Connection, holder: Holder, subnets: Sequence[Row],
             wanted: Sequence[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """Give the port the addresses it wants and return them.

    wanted None: one address of every IP version the network has, so far as one is free. An entry
    of `wanted` names a subnet, an address, or both. Beside those it gets one of every prefix from
    which guests make up addresses themselves. Raises Conflict (IpAddressInUse,
    IpAddressGenerationFailure) and BadRequest (InvalidIpForNetwork, InvalidIpForSubnet).
    """
    chosen: list[dict[str, str]] = []
    for subnet, address in _choices(holder, subnets, wanted):
        chosen.append(_take(connection, holder, len(chosen), subnet, address))
    offered = [each for each in subnets if serves(each, holder.device_owner)]
    given_out = [each for each in offered if not is_made_up(each)]
    if wanted is None:
        for version in sorted({subnet["ip_version"] for subnet in given_out}):
            chosen.append(_take_any(connection, holder, len(chosen),
                                    [each for each in given_out if each["ip_version"] == version]))
    if holder.makes_up:
        for subnet in offered:
            if is_made_up(subnet):
                chosen.append(_record(connection, holder, len(chosen), subnet, made_up(subnet, holder.mac_address)))
    return chosen


def make_up(connection: sa.Connection, holder: Holder, subnet: Row) -> None:
    """Give a port that is there already its address in a new subnet from which guests make up addresses."""
    position = connection.execute(sa.select(sa.func.count()).where(
        port_address.c.port_id == holder.port_id)).scalar_one()
    _record(connection, holder, position, subnet, made_up(subnet, holder.mac_address))


def is_made_up(subnet: Row) -> bool:
    """Whether guests make up their addresses in it, from its prefix and their cards."""
    return subnet["ipv6_address_mode"] in MADE_UP


def made_up(subnet: Row, mac_address: str) -> str:
    """The address that a card makes up from a prefix: RFC 4291, appendix A."""
    parts = [int(part, 16) for part in mac_address.split(":")]
    host = int.from_bytes(bytes((parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:])))
    return str(ipaddress.IPv6Address(int(ipaddress.ip_network(subnet["cidr"]).network_address) + host))


def is_of_card(address: str, mac_address: str) -> bool:
    """Whether the card made the address up, of whatever prefix."""
    made = ipaddress.ip_address(made_up({"cidr": "::/64"}, mac_address))
    at = ipaddress.ip_address(address)
    return at.version == 6 and int(at) & (2**64 - 1) == int(made)


def serves(subnet: Row, device_owner: str) -> bool:
    """Whether ports of this kind may have addresses of the subnet without naming it."""
    types = subnet["service_types"] or ()
    return not types or any(device_owner == each or device_owner.startswith(f"{each}:") for each in types)


def release(connection: sa.Connection, port_id: str) -> None:
    """Free every address of the port."""
    connection.execute(sa.delete(port_address).where(port_address.c.port_id == port_id))


def _choices(holder: Holder, subnets: Sequence[Row],
             wanted: Sequence[Mapping[str, str]] | None) -> list[tuple[Row, str | None]]:
    """Each wanted entry with the subnet it is about; what a guest makes up anyway is left out."""
    chosen = [(_subnet_for(subnets, entry), entry.get("ip_address")) for entry in wanted or ()]
    found = []
    for subnet, address in chosen:
        if not (holder.makes_up and is_made_up(subnet)):
            found.append((subnet, address))
        elif address is not None and str(parse(address)) != made_up(subnet, holder.mac_address):
            raise errors.BadRequest(
                f"IPv6 address {address} can not be directly assigned to a port on subnet {subnet['id']} as the subnet is "
                "configured for automatic addresses", kind="AllocationOnAutoAddressSubnet")
    return found


def _subnet_for(subnets: Sequence[Row], entry: Mapping[str, str]) -> Row:
    address = entry.get("ip_address")
    if "subnet_id" in entry:
        subnet = next((each for each in subnets if each["id"] == entry["subnet_id"]), None)
        if subnet is None:
            raise errors.BadRequest(
                f"Subnet {entry['subnet_id']} is not one of the port's network.", kind="InvalidInput")
        if address is not None and not contains(subnet["cidr"], address):
            raise errors.BadRequest(
                f"IP address {address} is not a valid IP for the specified subnet.", kind="InvalidIpForSubnet")
        return subnet
    if address is None:
        raise errors.BadRequest("A fixed IP needs a subnet_id or an ip_address.", kind="InvalidInput")
    found = next((each for each in subnets if contains(each["cidr"], address)), None)
    if found is None:
        raise errors.BadRequest(
            f"IP address {address} is not a valid IP for any of the subnets on the network.",
            kind="InvalidIpForNetwork")
    return found


def contains(cidr: str, address: str) -> bool:
    """Say whether a host may have the address in this range: not its network or broadcast address."""
    network, host = ipaddress.ip_network(cidr), parse(address)
    if host.version != network.version or host not in network:
        return False
    if network.num_addresses <= 2:
        return True
    return host != network.network_address and not (host.version == 4 and host == network.broadcast_address)


def parse(address: str) -> Address:
    """The address, or BadRequest (InvalidInput)."""
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        raise errors.BadRequest(f"'{address}' is not a valid IP address.", kind="InvalidInput") from None


def _take(connection: sa.Connection, holder: Holder, position: int, subnet: Row, address: str | None) -> dict[str, str]:
    if address is None:
        return _take_any(connection, holder, position, [subnet])
    text = str(parse(address))
    is_gateway = text == subnet["gateway_ip"] and not holder.is_router and _is_held_by_host(connection, subnet)
    if is_gateway or _is_used(connection, subnet["id"], text):
        raise errors.Conflict(
            f"IP address {text} already allocated in subnet {subnet['id']}.", kind="IpAddressInUse")
    return _record(connection, holder, position, subnet, text)


def _is_used(connection: sa.Connection, subnet_id: str, address: str) -> bool:
    return connection.execute(sa.select(port_address.c.port_id).where(
        port_address.c.subnet_id == subnet_id, port_address.c.ip_address == address)).first() is not None


def _is_held_by_host(connection: sa.Connection, subnet: Row) -> bool:
    """The bridge of a flat network holds the gateway address of an IPv4 subnet itself; no port may."""
    return bool(subnet["ip_version"] == 4 and connection.execute(sa.select(network.c.provider_network_type).where(
        network.c.id == subnet["network_id"])).scalar() == "flat")


def _take_any(connection: sa.Connection, holder: Holder, position: int, subnets: Sequence[Row]) -> dict[str, str]:
    for subnet in subnets:
        address = first_free(subnet["allocation_pools"], used_addresses(connection, subnet["id"]))
        if address is not None:
            return _record(connection, holder, position, subnet, address)
    network_id = subnets[0]["network_id"]
    raise errors.Conflict(
        f"No more IP addresses available on network {network_id}.", kind="IpAddressGenerationFailure")


def _record(connection: sa.Connection, holder: Holder, position: int, subnet: Row, address: str) -> dict[str, str]:
    connection.execute(sa.insert(port_address).values(
        subnet_id=subnet["id"], ip_address=address, port_id=holder.port_id, position=position))
    return {"subnet_id": subnet["id"], "ip_address": address}
