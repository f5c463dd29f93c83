"""Subnets: ranges of addresses of a network, and the rules that change them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, network_segment, port, port_address, subnet
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import (
    address_scopes,
    addresses,
    dhcp_ports,
    networks,
    ranges,
    revisions,
    routed,
    segments,
)
from cumulo.network.networks import DHCP_OWNER, Row

DEFAULTS: Row = {
    "name": "", "description": "", "enable_dhcp": True, "dns_nameservers": [], "host_routes": [], "ipv6_ra_mode": None,
    "ipv6_address_mode": None, "subnet_pool_id": None, "segment_id": None, "service_types": [], "tags": [],
}


_OWNER = sa.select(network.c.project_id).where(network.c.id == sa.bindparam("its_network"))


def list_subnets(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every subnet that meets the conditions."""
    return [dict(row) for row in connection.execute(sa.select(subnet).where(*where)).mappings()]


def get_subnet(connection: sa.Connection, subnet_id: str) -> Row:
    """The subnet; raises NotFound (SubnetNotFound)."""
    found = list_subnets(connection, subnet.c.id == subnet_id)
    if not found:
        raise not_found(subnet_id)
    return found[0]


def not_found(subnet_id: str) -> errors.NotFound:
    """The error for a subnet that is not there, or not there for the caller."""
    return errors.NotFound(f"Subnet {subnet_id} could not be found.", kind="SubnetNotFound")


def create_subnet(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, network_id: str,
                  values: Mapping[str, Any]) -> Row:
    """Insert a subnet and return it.

    `values` holds cidr and ip_version and what differs from DEFAULTS. gateway_ip absent: the first
    address of the range; None: no gateway. allocation_pools absent: everything but the gateway.
    """
    revisions.advance(connection, network_id)
    owner = connection.execute(_OWNER, {"its_network": network_id}).scalar()
    if owner is None:
        raise networks.not_found(network_id)
    row = DEFAULTS | dict(values)
    cidr = ranges.cidr(row["cidr"], row["ip_version"])
    ranges.check_ipv6_modes(cidr, row["ipv6_ra_mode"], row["ipv6_address_mode"], enable_dhcp=row["enable_dhcp"])
    others = networks.subnets_of(connection, [network_id])
    _check_overlap(others, network_id, cidr)
    routed.check_subnet(connection, row | {"network_id": network_id}, others)
    gateway = ranges.gateway(cidr, row["gateway_ip"]) if "gateway_ip" in row else ranges.default_gateway(cidr)
    pools = (ranges.pools(cidr, row["allocation_pools"]) if row.get("allocation_pools") is not None
             else ranges.default_pools(cidr, gateway))
    ranges.check_gateway_outside(gateway, pools)
    subnet_id = ids.new_id()
    row |= {"cidr": str(cidr), "gateway_ip": gateway, "allocation_pools": pools,
            "dns_nameservers": ranges.name_servers(row["dns_nameservers"]),
            "host_routes": ranges.routes(cidr, row["host_routes"])}
    made = row | {"id": subnet_id, "network_id": network_id, "project_id": project_id, "created_at": now,
                  "updated_at": now, "revision_number": 1}
    connection.execute(sa.insert(subnet), made)
    if any(each["subnet_pool_id"] for each in (*others, made)):
        address_scopes.check_network(connection, network_id)
    dhcp_ports.settle(connection, ids, now, network_id, others=others, made=made, owner=owner)
    if addresses.is_made_up(made):
        _make_up(connection, made)
    return made


def _make_up(connection: sa.Connection, made: Row) -> None:
    """Record what every guest that is there makes up from the new prefix."""
    held = sa.select(port.c.id, port.c.mac_address, port.c.device_owner).where(port.c.network_id == made["network_id"])
    for row in connection.execute(held.order_by(port.c.id)).all():
        holder = addresses.Holder(*row)
        if holder.makes_up and row.device_owner != DHCP_OWNER:
            addresses.make_up(connection, holder, made)


def update_subnet(connection: sa.Connection, ids: Ids, now: float, subnet_id: str,
                  values: Mapping[str, Any]) -> Row:
    """Change a subnet and return it; addresses already given away stay where they are."""
    before = _locked(connection, subnet_id)
    cidr = ipaddress.ip_network(before["cidr"])
    changed = dict(values)
    if "gateway_ip" in changed:
        changed["gateway_ip"] = ranges.gateway(cidr, changed["gateway_ip"])
        _check_gateway_free(connection, subnet_id, changed["gateway_ip"], before["gateway_ip"])
    if "allocation_pools" in changed:
        changed["allocation_pools"] = ranges.pools(cidr, changed["allocation_pools"])
    if "dns_nameservers" in changed:
        changed["dns_nameservers"] = ranges.name_servers(changed["dns_nameservers"])
    if "host_routes" in changed:
        changed["host_routes"] = ranges.routes(cidr, changed["host_routes"])
    merged = before | changed
    ranges.check_ipv6_modes(cidr, merged["ipv6_ra_mode"], merged["ipv6_address_mode"], enable_dhcp=merged["enable_dhcp"])
    ranges.check_gateway_outside(merged["gateway_ip"], merged["allocation_pools"])
    if merged["segment_id"] != before["segment_id"]:
        _check_segment_change(connection, before, merged)
    connection.execute(sa.update(subnet).where(subnet.c.id == subnet_id).values(
        updated_at=now, revision_number=subnet.c.revision_number + 1, **changed))
    dhcp_ports.settle(connection, ids, now, before["network_id"])
    return get_subnet(connection, subnet_id)


def delete_subnet(connection: sa.Connection, ids: Ids, now: float, subnet_id: str) -> None:
    """Delete a subnet; raises Conflict (SubnetInUse) while a port other than DHCP's has an address of it."""
    before = _locked(connection, subnet_id)
    held = (sa.select(port.c.id).join(port_address, port_address.c.port_id == port.c.id)
            .where(port_address.c.subnet_id == subnet_id, port.c.device_owner != DHCP_OWNER).limit(1))
    if addresses.is_made_up(before):  # what guests made up goes with the prefix
        held = held.where(port.c.device_owner.startswith(addresses.ROUTER, autoescape=True))
    if connection.execute(held).first():
        conflicts.meet("delete a subnet", "an address of it", errors.Conflict(
            f"Unable to complete operation on subnet {subnet_id}: One or more ports have an IP allocation from "
            "this subnet.", kind="SubnetInUse"))
    connection.execute(sa.delete(port_address).where(port_address.c.subnet_id == subnet_id))
    connection.execute(sa.delete(subnet).where(subnet.c.id == subnet_id))
    dhcp_ports.settle(connection, ids, now, before["network_id"])


def _check_segment_change(connection: sa.Connection, before: Row, merged: Row) -> None:
    """A subnet comes to be on a segment only where that is the network's only one: then it has been there all the time."""
    others = [each for each in networks.subnets_of(connection, [before["network_id"]]) if each["id"] != before["id"]]
    if before["segment_id"] or segments.several(connection, network_segment.c.network_id == before["network_id"]):
        raise errors.BadRequest(f"Subnet {before['id']} cannot change its segment.",
                                kind="NoUpdateSubnetWhenMultipleSegmentsOnNetwork")
    routed.check_subnet(connection, merged, others)
    with_doors = sa.select(port.c.id).where(port.c.network_id == before["network_id"],
                                            port.c.device_owner.startswith(addresses.ROUTER, autoescape=True)).limit(1)
    if connection.execute(with_doors).first():
        routed.refuse_router([merged])


def _locked(connection: sa.Connection, subnet_id: str) -> Row:
    """The subnet as it is once this transaction holds the lock; a subnet never changes its network."""
    revisions.advance(connection, get_subnet(connection, subnet_id)["network_id"])
    return get_subnet(connection, subnet_id)


def _check_overlap(others: Iterable[Row], network_id: str, cidr: ranges.Network) -> None:
    for other in others:
        existing = ipaddress.ip_network(other["cidr"])
        if existing.version == cidr.version and existing.overlaps(cidr):  # type: ignore[arg-type]
            raise errors.BadRequest(
                f"Invalid input for operation: Requested subnet with cidr: {cidr} for network: {network_id} "
                f"overlaps with another subnet.", kind="InvalidInput")


def _check_gateway_free(connection: sa.Connection, subnet_id: str, gateway: str | None, before: str | None) -> None:
    statement = sa.select(port_address.c.port_id).where(
        port_address.c.subnet_id == subnet_id, port_address.c.ip_address == gateway)
    if gateway is not None and gateway != before and connection.execute(statement).first():
        raise errors.Conflict(
            f"Gateway IP {gateway} is already in use by a port of the subnet.", kind="GatewayIpInUse")
