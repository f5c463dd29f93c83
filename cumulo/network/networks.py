"""Networks: rows and the rules that change them. Transactions belong to the callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.rows import dicts
from cumulo.common.db.tables.network import network, port, port_address, subnet
from cumulo.common.db.tables.network_pool import subnet_pool
from cumulo.common.db.tables.network_router import auto_allocated_topology, floating_ip
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import revisions, segments

Row = dict[str, Any]

DHCP_OWNER = "network:dhcp"
"""device_owner of the port that holds a network's DHCP server; it comes and goes with the subnets."""

DEFAULTS: Row = {
    "name": "", "description": "", "admin_state_up": True, "shared": False, "external": False,
    "provider_network_type": "local", "provider_physical_network": None, "provider_segmentation_id": None,
    "port_security_enabled": True, "is_default": False, "dns_domain": "", "qos_policy_id": None,
    "availability_zone_hints": [], "tags": [],
}


# Statements of every request, built once: that costs more than running them.
_ONE = sa.select(network).where(network.c.id == sa.bindparam("its_id"))
_SUBNETS = sa.select(subnet.c.network_id, subnet.c.id, subnet.c.ip_version, subnet_pool.c.address_scope_id).outerjoin(
    subnet_pool, subnet_pool.c.id == subnet.c.subnet_pool_id).order_by(subnet.c.created_at, subnet.c.id)
_SUBNETS_OF = sa.select(subnet).where(subnet.c.network_id.in_(sa.bindparam("its_networks", expanding=True))).order_by(
    subnet.c.created_at, subnet.c.id)
_SUBNETS_OF_ONE = _SUBNETS.where(subnet.c.network_id == sa.bindparam("its_id"))


def list_networks(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every network that meets the conditions, with the ids of its `subnets` and its address scope by IP version: `scopes`."""
    return _with_subnets(connection, dicts(connection.execute(sa.select(network).where(*where))))


def _with_subnets(connection: sa.Connection, rows: list[Row]) -> list[Row]:
    if not rows:
        return []
    by_network: dict[str, list[str]] = {row["id"]: [] for row in rows}
    scopes: dict[str, dict[int, str]] = {row["id"]: {} for row in rows}
    found = connection.execute(_SUBNETS_OF_ONE, {"its_id": rows[0]["id"]}) if len(rows) == 1 else connection.execute(_SUBNETS)
    for network_id, subnet_id, ip_version, scope_id in found:
        if network_id in by_network:
            by_network[network_id].append(subnet_id)
            scopes[network_id][ip_version] = scope_id
    return [row | {"subnets": by_network[row["id"]], "scopes": scopes[row["id"]]} for row in rows]


def get_network(connection: sa.Connection, network_id: str) -> Row:
    """The network; raises NotFound (NetworkNotFound)."""
    found = _with_subnets(connection, dicts(connection.execute(_ONE, {"its_id": network_id})))
    if not found:
        raise not_found(network_id)
    return found[0]


def not_found(network_id: str) -> errors.NotFound:
    """The error for a network that is not there, or not there for the caller."""
    return errors.NotFound(f"Network {network_id} could not be found.", kind="NetworkNotFound")


def create_network(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any],
                   default_mtu: int, spans: segments.Spans = segments.NO_SPANS,
                   more: Sequence[segments.Place] = ()) -> Row:
    """Insert a network and return it; `values` holds columns that differ from DEFAULTS.

    Its segment is the one asked for, or a free one of `spans`; raises Conflict where it is taken or none is free.
    more: further segments of it, on other physical networks.
    """
    network_id = ids.new_id()
    revisions.advance_new(connection, network_id)
    row = DEFAULTS | {"mtu": default_mtu} | dict(values)
    place = segments.choose(connection, spans, row["provider_network_type"], row["provider_physical_network"],
                            row["provider_segmentation_id"])
    _check_default(connection, row)
    row |= {"provider_physical_network": place.physical_network, "provider_segmentation_id": place.segmentation_id}
    row |= {"id": network_id, "project_id": project_id, "created_at": now, "updated_at": now, "revision_number": 1}
    connection.execute(sa.insert(network), row)
    segments.take(connection, ids, now, network_id, place)
    for each in more:
        segments.add_segment(connection, ids, now, row, each, {}, spans)
    return row | {"subnets": [], "scopes": {}}


def update_network(connection: sa.Connection, now: float, network_id: str, values: Mapping[str, Any]) -> Row:
    """Change columns of a network and return it."""
    revisions.advance(connection, network_id)
    before = get_network(connection, network_id)
    if values.get("shared") is False and before["shared"]:
        _check_unshare(connection, before)
    _check_default(connection, before | dict(values))
    connection.execute(sa.update(network).where(network.c.id == network_id).values(
        updated_at=now, revision_number=network.c.revision_number + 1, **values))
    return get_network(connection, network_id)


def delete_network(connection: sa.Connection, network_id: str) -> None:
    """Delete a network and its subnets; raises Conflict (NetworkInUse) while a port other than DHCP's is there.

    Floating addresses of it that stand for nothing go with it.
    """
    revisions.advance(connection, network_id)
    get_network(connection, network_id)
    unused = sa.select(floating_ip.c.floating_port_id).where(
        floating_ip.c.floating_network_id == network_id, floating_ip.c.router_id.is_(None))
    port_ids = list(connection.execute(unused).scalars())
    connection.execute(sa.delete(floating_ip).where(floating_ip.c.floating_port_id.in_(port_ids)))
    connection.execute(sa.delete(port_address).where(port_address.c.port_id.in_(port_ids)))
    connection.execute(sa.delete(port).where(port.c.id.in_(port_ids)))
    ports = sa.select(port.c.id).where(port.c.network_id == network_id)
    if connection.execute(ports.where(port.c.device_owner != DHCP_OWNER).limit(1)).first():
        conflicts.meet("delete a network", "a port in it", errors.Conflict(
            f"Unable to complete operation on network {network_id}. There are one or more ports still in use on "
            "the network.", kind="NetworkInUse"))
    connection.execute(sa.delete(port_address).where(port_address.c.port_id.in_(ports)))
    connection.execute(sa.delete(port).where(port.c.network_id == network_id))
    connection.execute(sa.delete(subnet).where(subnet.c.network_id == network_id))
    connection.execute(sa.delete(auto_allocated_topology).where(auto_allocated_topology.c.network_id == network_id))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.object_id == network_id))
    connection.execute(sa.delete(network).where(network.c.id == network_id))


def _check_default(connection: sa.Connection, row: Row) -> None:
    """Raise Conflict where another external network is the default one."""
    if not (row["external"] and row["is_default"]):
        return
    other = connection.execute(sa.select(network.c.id).where(
        network.c.external.is_(sa.true()), network.c.is_default.is_(sa.true()), network.c.id != row.get("id", ""))).scalar()
    if other is not None:
        raise errors.Conflict(f"A default external network already exists: {other}.", kind="DefaultExternalNetworkExists")


def _check_unshare(connection: sa.Connection, row: Row) -> None:
    strangers = sa.select(port.c.id).where(
        port.c.network_id == row["id"], port.c.project_id != row["project_id"], port.c.device_owner != DHCP_OWNER)
    if connection.execute(strangers.limit(1)).first():
        raise errors.Conflict(
            f"Unable to reconfigure sharing settings for network {row['id']}. Multiple projects are using it.",
            kind="InvalidSharedSetting")


def subnets_of(connection: sa.Connection, network_ids: Sequence[str]) -> list[Row]:
    """The subnets of these networks, oldest first."""
    return dicts(connection.execute(_SUBNETS_OF, {"its_networks": network_ids}))
