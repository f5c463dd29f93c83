"""Which host is the gateway of which router: chosen among the hosts that can be it, and moved when one is gone."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from cumulo.common.db.tables.network import network, network_host
from cumulo.common.db.tables.network_router import router
from cumulo.network import revisions


def hosts_in_use(connection: sa.Connection) -> list[str]:
    """The hosts that are a gateway; "" among them when a router waits for one."""
    statement = sa.select(router.c.gateway_host).distinct().where(router.c.external_network_id.is_not(None))
    return sorted(connection.execute(statement).scalars())


def move(connection: sa.Connection, host: str, alive: Collection[str] | None = None) -> dict[str, str]:
    """Give every router whose gateway is on a host ("": on none) another one; return the new host of each.

    alive: the hosts to choose from, None for all that ever registered. A router that no host can serve stays.
    """
    statement = (sa.select(router.c.id, router.c.external_network_id).order_by(router.c.id)
                 .where(router.c.gateway_host == host, router.c.external_network_id.is_not(None)))
    waiting = connection.execute(statement).all()
    if not waiting:
        return {}
    revisions.lock(connection)
    moved = {}
    for router_id, external_network_id in waiting:
        chosen = choose(connection, external_network_id, host, alive)
        # Compare-and-set: another copy, or a user who took the gateway away, may have been here meanwhile.
        values = sa.update(router).where(router.c.id == router_id, router.c.gateway_host == host,
                                         router.c.external_network_id.is_not(None)).values(gateway_host=chosen)
        if chosen and connection.execute(values).rowcount:
            revisions.note(connection, [router_id])
            moved[router_id] = chosen
    return moved


def choose(connection: sa.Connection, external_network_id: str, but: str = "",
           alive: Collection[str] | None = None) -> str:
    """The host with the fewest gateways of those that reach the external network; "" when there is none."""
    physical = connection.execute(sa.select(network.c.provider_physical_network).where(
        network.c.id == external_network_id)).scalar()
    rows = connection.execute(sa.select(network_host.c.host, network_host.c.wired).order_by(network_host.c.host)).all()
    known = [row for row in rows if row.host != but and (alive is None or row.host in alive)]
    # Where no host is wired to it, every host is its own way out.
    wired = [row.host for row in known if physical in (row.wired or ())]
    counted = {row[0]: row[1] for row in connection.execute(
        sa.select(router.c.gateway_host, sa.func.count()).group_by(router.c.gateway_host))}
    return min(wired or [row.host for row in known], key=lambda each: (counted.get(each, 0), each), default="")
