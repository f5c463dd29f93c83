"""Which address a port gets: the lowest free one of the pools, or the one that was asked for.

The primary key of `port_address` (subnet, address) is what makes an address unique. Callers hold
the lock of `revisions.advance`, so a look for a free address is still true when it is written.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import port_address

Row = Mapping[str, Any]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Pool = Mapping[str, str]

_IDS_IN_ONE_QUERY = 1000  # SQLite takes at most 32,766 parameters


def first_free(pools: Iterable[Pool], used: set[str]) -> str | None:
    """The lowest address of the pools that is not in `used`; None when all are."""
    for pool in pools:
        address = ipaddress.ip_address(pool["start"])
        last = ipaddress.ip_address(pool["end"])
        while address <= last:
            if str(address) not in used:
                return str(address)
            address += 1
    return None


def used_addresses(connection: sa.Connection, subnet_id: str) -> set[str]:
    """Every address of the subnet that a port holds."""
    statement = sa.select(port_address.c.ip_address).where(port_address.c.subnet_id == subnet_id)
    return set(connection.execute(statement).scalars())


def of_ports(connection: sa.Connection, port_ids: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """The addresses of each port in their order, as `fixed_ips` shows them."""
    found: dict[str, list[dict[str, str]]] = {port_id: [] for port_id in port_ids}
    for start in range(0, len(port_ids), _IDS_IN_ONE_QUERY):
        some = port_ids[start:start + _IDS_IN_ONE_QUERY]
        statement = (
            sa.select(port_address.c.port_id, port_address.c.subnet_id, port_address.c.ip_address)
            .where(port_address.c.port_id.in_(some)).order_by(port_address.c.port_id, port_address.c.position))
        for row in connection.execute(statement).mappings():
            found[row["port_id"]].append({"subnet_id": row["subnet_id"], "ip_address": row["ip_address"]})
    return found


def allocate(connection: sa.Connection, port_id: str, subnets: Sequence[Row],
             wanted: Sequence[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """Give the port the addresses it wants and return them.

    wanted None: one address of every IP version the network has, so far as one is free. An entry
    of `wanted` names a subnet, an address, or both. Raises Conflict (IpAddressInUse,
    IpAddressGenerationFailure) and BadRequest (InvalidIpForNetwork, InvalidIpForSubnet).
    """
    chosen: list[dict[str, str]] = []
    for subnet, address in _choices(subnets, wanted):
        chosen.append(_take(connection, port_id, len(chosen), subnet, address))
    if wanted is None and subnets:
        for version in sorted({subnet["ip_version"] for subnet in subnets}):
            chosen.append(_take_any(connection, port_id, len(chosen),
                                    [each for each in subnets if each["ip_version"] == version]))
    return chosen


def release(connection: sa.Connection, port_id: str) -> None:
    """Free every address of the port."""
    connection.execute(sa.delete(port_address).where(port_address.c.port_id == port_id))


def _choices(subnets: Sequence[Row], wanted: Sequence[Mapping[str, str]] | None) -> list[tuple[Row, str | None]]:
    """Each wanted entry with the subnet it is about."""
    return [(_subnet_for(subnets, entry), entry.get("ip_address")) for entry in wanted or ()]


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


def _take(connection: sa.Connection, port_id: str, position: int, subnet: Row,
          address: str | None) -> dict[str, str]:
    if address is None:
        return _take_any(connection, port_id, position, [subnet])
    text = str(parse(address))
    if text in used_addresses(connection, subnet["id"]) or text == subnet["gateway_ip"] and _reserved(subnet):
        raise errors.Conflict(
            f"IP address {text} already allocated in subnet {subnet['id']}.", kind="IpAddressInUse")
    return _record(connection, port_id, position, subnet, text)


def _reserved(subnet: Row) -> bool:
    """The bridge of an IPv4 subnet holds its gateway address itself; no port may."""
    return bool(subnet["ip_version"] == 4)


def _take_any(connection: sa.Connection, port_id: str, position: int, subnets: Sequence[Row]) -> dict[str, str]:
    for subnet in subnets:
        address = first_free(subnet["allocation_pools"], used_addresses(connection, subnet["id"]))
        if address is not None:
            return _record(connection, port_id, position, subnet, address)
    network_id = subnets[0]["network_id"]
    raise errors.Conflict(
        f"No more IP addresses available on network {network_id}.", kind="IpAddressGenerationFailure")


def _record(connection: sa.Connection, port_id: str, position: int, subnet: Row, address: str) -> dict[str, str]:
    connection.execute(sa.insert(port_address).values(
        subnet_id=subnet["id"], ip_address=address, port_id=port_id, position=position))
    return {"subnet_id": subnet["id"], "ip_address": address}
