"""Networks of several segments: which of them a host is on, and which addresses ports can have there.

A network may lie on several physical networks. Where its subnets are on segments of their own, somebody else routes between
the segments: a port has addresses of the segment that its host is on, and gets them when it is bound to a host. Where they
are not, the segments are one wire to everybody, and any address is good anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network_segment, port, port_address, subnet
from cumulo.network import addresses, hosts, segments

Row = Mapping[str, Any]


def is_routed(subnets: Sequence[Row]) -> bool:
    """Whether a network's subnets are on segments of their own."""
    return any(each["segment_id"] for each in subnets)


def offered(connection: sa.Connection, subnets: Sequence[Row], host: str, device_owner: str) -> list[Row]:
    """The subnets of which a port gets addresses that names none: in a routed network those of its host, none before."""
    if not is_routed(subnets):
        return list(subnets)
    wired = hosts.wired(connection, host) if host else ()
    its = segments.on_host(_of_network(connection, subnets[0]["network_id"]), wired)
    found = [each for each in subnets if its is not None and each["segment_id"] == its["id"]]
    if host and not any(addresses.serves(each, device_owner) for each in found):
        raise errors.Conflict(f"Host {host} is on no segment of network {subnets[0]['network_id']} that has a subnet.",
                              kind="HostNotConnectedToAnySegment")
    return found


def check_host(connection: sa.Connection, host: str, fixed_ips: Sequence[Mapping[str, str]]) -> None:
    """Raise Conflict where a host is not on the segment of a port's addresses."""
    if not host or not fixed_ips:
        return
    its = _needed(connection, subnet.c.id.in_([each["subnet_id"] for each in fixed_ips]))
    if its and not set(its) <= hosts.wired(connection, host):
        raise errors.Conflict(f"Host {host} is not connected to the segment of the port's fixed IPs.",
                              kind="HostNotCompatibleWithFixedIps")


def check_subnet(connection: sa.Connection, row: Row, others: Sequence[Row]) -> None:
    """Raise where a subnet cannot be on the segment it names, or not beside the network's other subnets."""
    if others and bool(row["segment_id"]) != is_routed(others):
        raise errors.BadRequest(f"All of the subnets on network {row['network_id']} must be on segments, or none of them.",
                                kind="SubnetsNotAllAssociatedWithSegments")
    if not row["segment_id"]:
        return
    if segments.get_segment(connection, row["segment_id"])["network_id"] != row["network_id"]:
        raise errors.BadRequest(f"Segment {row['segment_id']} is of another network.", kind="NetworkIdsDontMatch")
    if row["ipv6_ra_mode"] or row["ipv6_address_mode"]:
        raise errors.BadRequest("Invalid input for operation: on a segment that others route, routers are theirs: "
                                "IPv6 modes are not for its subnets.", kind="InvalidInput")


def needed_by(connection: sa.Connection, server_id: str) -> tuple[frozenset[str], ...]:
    """For each port of a server that not every host has a segment for: the physical networks, one of which its host needs."""
    its_ports = sa.and_(port.c.device_id == server_id, port.c.hostname != "")
    lies_on: dict[str, set[str]] = {}
    for network_id, physical in connection.execute(
            sa.select(network_segment.c.network_id, network_segment.c.physical_network).distinct()
            .join(port, port.c.network_id == network_segment.c.network_id)
            .where(its_ports, network_segment.c.physical_network != "")):
        lies_on.setdefault(network_id, set()).add(physical)
    if not lies_on:
        return ()
    with_subnets: dict[str, set[str]] = {}
    for network_id, physical in connection.execute(
            sa.select(subnet.c.network_id, network_segment.c.physical_network).distinct()
            .join(network_segment, network_segment.c.id == subnet.c.segment_id)
            .where(subnet.c.network_id.in_(sorted(lies_on)))):
        with_subnets.setdefault(network_id, set()).add(physical)
    needed = [frozenset(with_subnets.get(each, physicals)) for each, physicals in sorted(lies_on.items())
              if len(physicals) > 1 or each in with_subnets]
    held = _needed(connection, subnet.c.id.in_(
        sa.select(port_address.c.subnet_id).join(port, port.c.id == port_address.c.port_id).where(its_ports)))
    return (*needed, *(frozenset((physical,)) for physical in held))


def refuse_router(subnets: Sequence[Row]) -> None:
    """Raise BadRequest for a router at a network whose segments somebody else routes."""
    if is_routed(subnets):
        raise errors.BadRequest(f"Bad router request: network {subnets[0]['network_id']} is routed by others: its subnets "
                                "are on segments.", kind="BadRequest")


def _needed(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[str]:
    return sorted(connection.execute(
        sa.select(network_segment.c.physical_network).distinct()
        .join(subnet, subnet.c.segment_id == network_segment.c.id).where(*where)).scalars())


def _of_network(connection: sa.Connection, network_id: str) -> list[Any]:
    return segments.list_segments(connection, network_segment.c.network_id == network_id)
