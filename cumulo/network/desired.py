"""What a host must look like: the networks with a port bound to it, from a revision onwards.

An agent asks with the revision it has applied and gets what changed since; with none, or with one
this database never gave out (it was restored from a backup), it gets everything, and whatever is
not in that answer is to go.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network, network_change, network_host, port
from cumulo.network import document, hosts, networks, ports, revisions

# What every agent asks every few seconds, built once: that costs more than running it.
_NETWORKS_OF_HOST = sa.select(port.c.network_id).distinct().where(port.c.binding_host_id == sa.bindparam("its_host"))
_CHANGED_SINCE = sa.select(network_change.c.network_id).where(network_change.c.revision > sa.bindparam("its_revision"))
_IS_ITS_HOST = network_host.c.host == sa.bindparam("its_host")
_APPLIED = sa.select(network_host.c.applied_revision).where(_IS_ITS_HOST)
_REACH = sa.update(network_host).where(_IS_ITS_HOST, network_host.c.applied_revision < sa.bindparam("its_revision"))
_ACTIVATE = sa.update(port).where(
    port.c.binding_host_id == sa.bindparam("its_host"), port.c.status == "BUILD",
    port.c.bound_revision <= sa.bindparam("its_revision"),
).values(status="ACTIVE", updated_at=sa.bindparam("now"), revision_number=port.c.revision_number + 1)


def desired(connection: sa.Connection, host: str, since_revision: int | None) -> dict[str, Any]:
    """The answer to `network_desired`: the document of doc/design/0005-what-a-host-must-look-like.md."""
    revision = revisions.current(connection)
    full = not since_revision or since_revision > revision
    needed = _networks_of_host(connection, host)
    changed = needed if full else _changed_since(connection, since_revision or 0)
    place = document.Place(host, hosts.tunnel_addresses(connection), frozenset(hosts.wired(connection, host)))
    return {
        "revision": revision,
        "full": full,
        "networks": [_network(connection, network_id, place) for network_id in sorted(needed & changed)],
        "removed_networks": [] if full else sorted(changed - needed),
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
    """The hosts that a change of this network concerns: those whose bell is to ring."""
    statement = sa.select(port.c.binding_host_id).distinct().where(
        port.c.network_id == network_id, port.c.binding_host_id != "")
    return sorted(connection.execute(statement).scalars())


def _networks_of_host(connection: sa.Connection, host: str) -> set[str]:
    return set(connection.execute(_NETWORKS_OF_HOST, {"its_host": host}).scalars())


def _changed_since(connection: sa.Connection, revision: int) -> set[str]:
    return set(connection.execute(_CHANGED_SINCE, {"its_revision": revision}).scalars())


def _network(connection: sa.Connection, network_id: str, place: document.Place) -> dict[str, Any]:
    row = connection.execute(sa.select(network).where(network.c.id == network_id)).mappings().one()
    return document.network(place, row, networks.subnets_of(connection, [network_id]),
                            ports.list_ports(connection, port.c.network_id == network_id))
