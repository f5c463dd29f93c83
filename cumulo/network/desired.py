"""What a host must look like: the document of doc/design/0005, from a revision onwards.

An agent asks with the revision it has applied and the ids that it holds, and gets what it needs that changed since or
that it lacks, and the ids that it holds and needs no longer. With no revision, or with one that this database never
gave out (it was restored from a backup), it gets everything, and whatever is not in that answer is to go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.rows import dicts
from cumulo.common.db.tables.network import (
    network,
    network_change,
    network_host,
    network_placement,
    network_segment,
    port,
    port_address,
    subnet,
)
from cumulo.common.db.tables.network_router import floating_ip, port_forwarding, router
from cumulo.common.db.tables.network_security import port_security_group
from cumulo.common.db.tables.network_sharing import port_binding, qos_rule
from cumulo.network import (
    address_scopes,
    document,
    hosts,
    metering,
    needs,
    networks,
    ports,
    revisions,
    segments,
    trunks,
)
from cumulo.network.routers import ROUTER_INTERFACE

# What every agent asks every few seconds, built once: that costs more than running it.
_CHANGED_SINCE = sa.select(network_change.c.network_id).where(network_change.c.revision > sa.bindparam("its_revision"))
_IS_ITS_HOST = network_host.c.host == sa.bindparam("its_host")
_APPLIED = sa.select(network_host.c.applied_revision).where(_IS_ITS_HOST)
_REACH = sa.update(network_host).where(_IS_ITS_HOST, network_host.c.applied_revision < sa.bindparam("its_revision"))
_ACTIVATE = sa.update(port).where(
    port.c.binding_host_id == sa.bindparam("its_host"), port.c.status == "BUILD",
    port.c.bound_revision <= sa.bindparam("its_revision"),
).values(status="ACTIVE", updated_at=sa.bindparam("now"), revision_number=port.c.revision_number + 1)


_IN_NETWORK = port.c.network_id == sa.bindparam("its_network")
_PORTS = sa.select(*(port.c[name] for name in document.PORT_COLUMNS)).where(_IN_NETWORK)
_FIXED = sa.select(port_address.c.port_id, port_address.c.subnet_id, port_address.c.ip_address).join(
    port, port.c.id == port_address.c.port_id).where(_IN_NETWORK).order_by(port_address.c.port_id, port_address.c.position)
_GROUPS_OF_PORTS = sa.select(port_security_group.c.port_id, port_security_group.c.security_group_id).join(
    port, port.c.id == port_security_group.c.port_id).where(_IN_NETWORK)


Known = Mapping[str, Collection[str]]
"""The ids that an agent holds, part by part of the document."""


_DOORS = port.alias()
_ROUTERS = sa.select(_DOORS.c.device_id).where(
    _DOORS.c.device_owner == ROUTER_INTERFACE, _DOORS.c.network_id == sa.bindparam("its_network"))
_BESIDE = sa.select(_DOORS.c.network_id).where(
    _DOORS.c.device_owner == ROUTER_INTERFACE, _DOORS.c.device_id.in_(_ROUTERS))
_IN_REACH = sa.or_(port.c.network_id == sa.bindparam("its_network"), port.c.network_id.in_(_BESIDE))
_HOSTS = (sa.select(column).where(_IN_REACH, column != "") for column in (port.c.binding_host_id, port.c.next_host_id))
_MAY_MOVE_TO = sa.select(port_binding.c.host).distinct().join(port, port.c.id == port_binding.c.port_id).where(
    port.c.network_id == sa.bindparam("its_network"))
_PLACED_ON = sa.select(network_placement.c.host).where(network_placement.c.network_id == sa.bindparam("its_network"))
_CONCERNED = sa.union(*_HOSTS, _MAY_MOVE_TO, _PLACED_ON, *(
    sa.select(place).where(place != "", router.c.id.in_(_ROUTERS)) for place in (router.c.gateway_host, router.c.standby_host)))


def desired(connection: sa.Connection, host: str, since_revision: int | None, known: Known | None = None) -> dict[str, Any]:
    """The answer to `network_desired`; an agent that does not say what it holds is taken to hold what it needs."""
    revision = revisions.current(connection)
    full = not since_revision or since_revision > revision
    if revision == since_revision:
        return {"revision": revision, "full": False, "removed": {}} | {part: [] for part in needs.PARTS}
    changed = set() if full else _changed_since(connection, since_revision or 0)
    needed = needs.of_host(connection, host)
    held = {part: set(needed.of(part) | changed if known is None else known[part]) for part in needs.PARTS}
    # What it holds already and what did not change stays as it is.
    sent = {part: needed.of(part) if full else needed.of(part) - (held[part] - changed) for part in needs.PARTS}
    place = document.Place(host, hosts.tunnel_addresses(connection), frozenset(hosts.wired(connection, host)))
    return {
        "revision": revision,
        "full": full,
        "networks": [_network(connection, each, place) for each in sorted(sent["networks"])],
        "groups": needs.groups(connection, sent["groups"]),
        "prefixes": needs.prefixes(connection, sent["prefixes"]),
        "routers": [_router(connection, each, place) for each in sorted(sent["routers"])],
        "removed": {} if full else {part: sorted(held[part] - needed.of(part)) for part in needs.PARTS},
    }


def applied(connection: sa.Connection, now: float, host: str, revision: int) -> None:
    """Record that the host looks as this revision says: ports bound by then are ACTIVE.

    A report that comes late, or twice, takes nothing back.
    """
    values = {"applied_revision": revision, "updated_at": now}
    before = connection.execute(_APPLIED, {"its_host": host}).scalar()
    if before is None:
        connection.execute(sa.insert(network_host).values(host=host, **values))
    elif before < revision:
        connection.execute(_REACH, values | {"its_host": host, "its_revision": revision})
    connection.execute(_ACTIVATE, {"its_host": host, "its_revision": revision, "now": now})


def hosts_of_network(connection: sa.Connection, network_id: str) -> list[str]:
    """The hosts that a change of this network concerns: those with a port in it, or in one behind the same router."""
    return sorted(connection.execute(_CONCERNED, {"its_network": network_id}).scalars())


def _changed_since(connection: sa.Connection, revision: int) -> set[str]:
    return set(connection.execute(_CHANGED_SINCE, {"its_revision": revision}).scalars())


def _network(connection: sa.Connection, network_id: str, place: document.Place) -> dict[str, Any]:
    row = connection.execute(sa.select(network).where(network.c.id == network_id)).mappings().one()
    of_network = segments.several(connection, network_segment.c.network_id == network_id).get(network_id, [])
    carried = trunks.in_network(connection, network_id)
    found = [each | {"trunk": carried.get(each["id"])} for each in _ports_of(connection, network_id)]
    return document.network(place, document.on_segment(place, row, of_network), networks.subnets_of(connection, [network_id]),
                            [each | {"qos_rules": rules} for each, rules in _with_qos(connection, row, found)])


def _ports_of(connection: sa.Connection, network_id: str) -> list[networks.Row]:
    """The ports of a network with what a host is told of each: they may be thousands, and all else would be read for nothing."""
    its = {"its_network": network_id}
    fixed: dict[str, list[Any]] = {}
    for port_id, subnet_id, address in connection.execute(_FIXED, its).all():
        fixed.setdefault(port_id, []).append({"subnet_id": subnet_id, "ip_address": address})
    groups: dict[str, list[str]] = {}
    for port_id, group_id in connection.execute(_GROUPS_OF_PORTS, its).all():
        groups.setdefault(port_id, []).append(group_id)
    return [row | {"fixed_ips": fixed.get(row["id"], []), "security_groups": groups.get(row["id"], [])}
            for row in dicts(connection.execute(_PORTS, its))]


def _router(connection: sa.Connection, router_id: str, place: document.Place) -> dict[str, Any]:
    row: networks.Row = dict(connection.execute(sa.select(router).where(router.c.id == router_id)).mappings().one())
    doors = ports.list_ports(connection, port.c.device_id == router_id, port.c.device_owner == ROUTER_INTERFACE)
    way_out = ports.list_ports(connection, port.c.id == row["gateway_port_id"]) if row["gateway_port_id"] else []
    network_ids = sorted({each["network_id"] for each in (*doors, *way_out)})
    subnets = {each["id"]: each for each in networks.subnets_of(connection, network_ids)}
    scopes = address_scopes.of_subnets(connection, subnet.c.network_id.in_(network_ids))
    tunnelled = connection.execute(sa.select(network.c.id).where(
        network.c.id.in_(network_ids), network.c.provider_network_type.in_(segments.OVERLAYS))).scalars()
    floating = connection.execute(
        sa.select(floating_ip, port.c.binding_host_id.label("host")).join(port, port.c.id == floating_ip.c.port_id)
        .where(floating_ip.c.router_id == router_id)).mappings().all()
    forwardings = connection.execute(
        sa.select(port_forwarding, floating_ip.c.floating_ip_address)
        .join(floating_ip, floating_ip.c.id == port_forwarding.c.floating_ip_id)
        .where(floating_ip.c.router_id == router_id).order_by(port_forwarding.c.id)).mappings().all()
    inside = {fixed["subnet_id"] for each in doors for fixed in each["fixed_ips"]}
    outside = {fixed["subnet_id"] for each in way_out for fixed in each["fixed_ips"]}
    row |= {"enable_snat": row["enable_snat"] and address_scopes.is_translated(
        [each for each in scopes if each["id"] in inside], [each for each in scopes if each["id"] in outside])}
    rules = _rules_of(connection, {each["qos_policy_id"] for each in floating})
    found = document.router(place, row, doors, subnets, tunnelled, way_out[0] if way_out else None,
                            [{**each, "qos_rules": rules.get(each["qos_policy_id"])} for each in floating], forwardings)
    return found | {"metering": metering.of_router(connection, row["project_id"])}


def _with_qos(connection: sa.Connection, of_network: Any, found: Iterable[networks.Row]) -> Iterable[tuple[Any, Any]]:
    """Each port with the rules of its policy, or of its network's where it has none of its own."""
    wanted = {each["id"]: each["qos_policy_id"] or of_network["qos_policy_id"] for each in found}
    rules = _rules_of(connection, set(wanted.values()))
    return [(each, rules.get(wanted[each["id"]], [])) for each in found]


def _rules_of(connection: sa.Connection, policy_ids: set[str | None]) -> dict[str | None, list[Any]]:
    """The rules of these policies, policy by policy."""
    policies = sorted(each for each in policy_ids if each)
    rules: dict[str | None, list[Any]] = {each: [] for each in policies}
    if policies:
        for row in connection.execute(sa.select(qos_rule).where(qos_rule.c.qos_policy_id.in_(policies))
                                      .order_by(qos_rule.c.id)).mappings():
            rules[row["qos_policy_id"]].append(row)
    return rules
