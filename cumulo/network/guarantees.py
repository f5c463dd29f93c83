"""What servers' ports are promised of their hosts: asked by rules of quality, kept by where servers are put.

Nothing is written down twice: what a host has promised is what the ports of the servers ask that have a room there, be it
one to come or one to go back to. So a change of a port, a network or a policy changes it too, and is refused where a host
has not so much. Every check runs under the lock of `revisions`, as do the changes and the claims that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import claim, server_move
from cumulo.common.db.tables.network import network, network_host, port
from cumulo.common.db.tables.network_sharing import qos_rule
from cumulo.network import rates, segments
from cumulo.network.rates import Ask

FOLLOWED = sa.func.coalesce(port.c.qos_policy_id, network.c.qos_policy_id)
"""The policy that a port follows, beside its network: its own, or the network's."""
_ASKED = (sa.select(port.c.id, port.c.device_id, port.c.network_id, network.c.provider_network_type, network.c.provider_physical_network,
                    qos_rule.c.kind, qos_rule.c.direction, qos_rule.c.settings)
          .join(network, network.c.id == port.c.network_id)
          .join(qos_rule, qos_rule.c.qos_policy_id == FOLLOWED)
          .where(qos_rule.c.kind.in_(rates.KINDS)).order_by(port.c.id, qos_rule.c.kind, qos_rule.c.direction))
_HELD = sa.union_all(*(sa.select(table.c.server_id, table.c.host) for table in (claim, server_move))).subquery("held")
_IS_A_SERVERS = port.c.hostname != ""  # ports.is_of_a_server, which is further down


def of_ports(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> dict[str, list[Ask]]:
    """What each of the ports that meet the conditions asks, by their ids; without those that ask nothing."""
    found: dict[str, list[Ask]] = {}
    for row, asked in _asked(connection, *where):
        found.setdefault(row["id"], []).append(asked)
    return found


def of_server(connection: sa.Connection, server_id: str) -> tuple[tuple[str, int], ...]:
    """What the ports of a server ask altogether, by what it is of."""
    asked = of_ports(connection, port.c.device_id == server_id, _IS_A_SERVERS)
    return tuple(sorted(rates.total(each for asks in asked.values() for each in asks).items()))


def left(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """What each host has to give still, by host; of what is not named it has none."""
    found = {host: dict(offers) for host, offers in connection.execute(
        sa.select(network_host.c.host, network_host.c.offers).where(network_host.c.offers.is_not(None)))}
    rooms = _rooms(connection)
    for row, asked in _asked(connection, _IS_A_SERVERS):
        for host in rooms.get(row["device_id"], ()):
            of_host = found.setdefault(host, {})
            of = rates.on_host(asked.of, of_host)
            of_host[of] = of_host.get(of, 0) - asked.amount
    return found


def broken(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> str | None:
    """Say which promise to ports that meet the conditions a host of theirs cannot keep; None where all are kept.

    The caller holds the lock of `revisions`.
    """
    asked = _asked(connection, _IS_A_SERVERS, *where)
    if not asked:
        return None
    remaining, rooms = left(connection), _rooms(connection)
    for row, wanted in asked:
        for host in rooms.get(row["device_id"], ()):
            of_host = remaining.get(host, {})
            if of_host.get(rates.on_host(wanted.of, of_host), 0) < 0:
                return f"{wanted.amount} {wanted.of} for port {row['id']} on host {host}"
    return None


def check(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> None:
    """Raise Conflict where a host cannot keep what ports are promised after a change that was made just now."""
    found = broken(connection, *where)
    if found:
        raise errors.Conflict(f"There is no room left to guarantee {found}.", kind="QosPlacementAllocationUpdateConflict")


def check_policy(connection: sa.Connection, policy_id: str) -> None:
    """The same for all ports that follow a policy."""
    check(connection, FOLLOWED == policy_id)


def fits(remaining: Mapping[str, Any], asked: tuple[tuple[str, int], ...]) -> bool:
    """Whether so much is left of a host. Pure."""
    return all(remaining.get(rates.on_host(of, remaining), 0) >= amount for of, amount in asked)


def _asked(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[tuple[sa.RowMapping, Ask]]:
    """Every port that meets the conditions with everything that it asks."""
    rows = connection.execute(_ASKED.where(*where)).mappings().all()
    several = segments.several(connection) if rows else {}
    found = []
    for row in rows:
        wires = [each["physical_network"] for each in several.get(row["network_id"], ())] or [row["provider_physical_network"] or ""]
        asked = rates.ask(dict(row), row["provider_network_type"], wires)
        if asked is not None:
            found.append((row, asked))
    return found


def _rooms(connection: sa.Connection) -> dict[str, list[str]]:
    """The hosts on which each server has a room."""
    found: dict[str, list[str]] = {}
    for server_id, host in connection.execute(sa.select(_HELD)):
        found.setdefault(server_id, []).append(host)
    return found
