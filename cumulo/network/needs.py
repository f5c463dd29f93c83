"""What a host needs to have: the ids of networks, routers, security groups and lists of prefixes; the last two rendered.

A host needs the networks of its ports and of those that move to it, or may, and those placed there; the groups of those
ports, and the lists that the groups' rules speak of; the routers with a door into one of those networks, or whose gateway it
is or stands by for, and all networks behind them, as it delivers straight to their ports; and the external network of such a
gateway's router, or of one of whose floating
addresses one stands for a port of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.base import Json
from cumulo.common.db.tables.network import network_placement, port, port_address
from cumulo.common.db.tables.network_router import floating_ip, router
from cumulo.common.db.tables.network_security import (
    address_group_address,
    port_security_group,
    security_group,
    security_group_rule,
)
from cumulo.common.db.tables.network_sharing import port_binding
from cumulo.network import document
from cumulo.network.routers import ROUTER_INTERFACE

_IDS_IN_ONE_QUERY = 1000
# What the members of a security group may send from: read by themselves, as they are many and all else of a port is not needed.
_IN_GROUPS = port_security_group.c.security_group_id.in_(sa.bindparam("groups", expanding=True))
_ADDRESSES = sa.select(port_security_group.c.security_group_id, port_address.c.ip_address).join(
    port_address, port_address.c.port_id == port_security_group.c.port_id).where(_IN_GROUPS)
_PAIRS = sa.select(port_security_group.c.security_group_id, port.c.allowed_address_pairs).join(
    port, port.c.id == port_security_group.c.port_id).where(_IN_GROUPS, port.c.allowed_address_pairs != sa.literal([], Json))
_IS_HERE = sa.or_(port.c.binding_host_id == sa.bindparam("its_host"), port.c.next_host_id == sa.bindparam("its_host"))
_NETWORKS = sa.select(port.c.network_id).distinct().where(sa.or_(
    _IS_HERE, port.c.id.in_(sa.select(port_binding.c.port_id).where(port_binding.c.host == sa.bindparam("its_host")))))
_PLACED = sa.select(network_placement.c.network_id).where(network_placement.c.host == sa.bindparam("its_host"))
_GROUPS = (sa.select(port_security_group.c.security_group_id).distinct()
           .join(port, port.c.id == port_security_group.c.port_id)
           .where(_IS_HERE))
_SPOKEN_OF = (sa.select(security_group_rule.c.remote_group_id, security_group_rule.c.remote_address_group_id).distinct()
              .where(security_group_rule.c.security_group_id.in_(_GROUPS)))


PARTS = ("networks", "groups", "prefixes", "routers")
_HAS_DOOR = (sa.select(port.c.device_id).distinct().where(
    port.c.device_owner == ROUTER_INTERFACE, port.c.network_id.in_(_NETWORKS)))
_LEADS_OUT = sa.or_(router.c.gateway_host == sa.bindparam("its_host"), router.c.standby_host == sa.bindparam("its_host"))
_GATEWAYS = sa.select(router.c.id).where(_LEADS_OUT)
_BEHIND = sa.select(port.c.network_id).distinct().where(
    port.c.device_owner == ROUTER_INTERFACE, sa.or_(port.c.device_id.in_(_HAS_DOOR), port.c.device_id.in_(_GATEWAYS)))
_EXTERNAL = (sa.select(router.c.external_network_id).distinct().where(
    router.c.external_network_id.is_not(None), sa.or_(_LEADS_OUT, router.c.id.in_(
        sa.select(floating_ip.c.router_id).join(port, port.c.id == floating_ip.c.port_id)
        .where(_IS_HERE)))))


@dataclasses.dataclass(frozen=True)
class Needs:
    """Ids, part by part of the document."""

    networks: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    routers: frozenset[str] = frozenset()

    def of(self, part: str) -> frozenset[str]:
        """The ids of one part by its name."""
        return {"networks": self.networks, "groups": self.groups, "prefixes": self.prefixes, "routers": self.routers}[part]


def of_host(connection: sa.Connection, host: str) -> Needs:
    """What the host needs now."""
    its = {"its_host": host}
    spoken_of = {each for row in connection.execute(_SPOKEN_OF, its) for each in row if each is not None}
    found = {name: frozenset(connection.execute(statement, its).scalars()) for name, statement in (
        ("own", _NETWORKS), ("placed", _PLACED), ("behind", _BEHIND), ("external", _EXTERNAL), ("groups", _GROUPS), ("doors", _HAS_DOOR),
        ("gateways", _GATEWAYS))}
    return Needs(found["own"] | found["placed"] | found["behind"] | found["external"], found["groups"], frozenset(spoken_of),
                 found["doors"] | found["gateways"])


def groups(connection: sa.Connection, group_ids: Collection[str]) -> list[dict[str, Any]]:
    """These groups with their rules, as hosts get them."""
    rows = _rows(connection, security_group, security_group.c.id, group_ids)
    rules: dict[str, list[Any]] = {row["id"]: [] for row in rows}
    for row in _rows(connection, security_group_rule, security_group_rule.c.security_group_id, group_ids):
        rules[row["security_group_id"]].append(row)
    return [document.group(row, rules[row["id"]]) for row in sorted(rows, key=lambda row: str(row["id"]))]


def prefixes(connection: sa.Connection, ids: Collection[str]) -> list[dict[str, Any]]:
    """These lists: of the members of a security group, or of an address group."""
    found: dict[str, list[str]] = {each: [] for each in sorted(ids)}
    for row in _rows(connection, address_group_address, address_group_address.c.address_group_id, ids):
        found[row["address_group_id"]].append(row["address"])
    members, pairs = _members(connection, _ADDRESSES, ids), _members(connection, _PAIRS, ids)
    return [document.members(each, (*addresses, *members.get(each, ())), [pair for some in pairs.get(each, ()) for pair in some])
            for each, addresses in found.items()]


def _members(connection: sa.Connection, statement: sa.Select[Any], ids: Collection[str]) -> dict[str, list[Any]]:
    """What a statement finds of the members of security groups, group by group."""
    found: dict[str, list[Any]] = {}
    for some in _some(ids):
        for group_id, value in connection.execute(statement, {"groups": some}).all():
            found.setdefault(group_id, []).append(value)
    return found


def _rows(connection: sa.Connection, table: sa.Table, column: sa.Column[Any], ids: Collection[str]) -> list[Any]:
    return [row for some in _some(ids) for row in connection.execute(sa.select(table).where(column.in_(some))).mappings()]


def _some(ids: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(ids)
    return (ordered[start:start + _IDS_IN_ONE_QUERY] for start in range(0, len(ordered), _IDS_IN_ONE_QUERY))
