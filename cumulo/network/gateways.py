"""Which host is the gateway of which router, which one stands by for it, and who takes over when one is gone.

The host that stands by has the router already, watches the other one and says when it is silent; so taking over is one
change of one row, and of little on the hosts. Both are hosts that reach the external network.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network, network_host
from cumulo.common.db.tables.network_router import router
from cumulo.network import hosts, revisions

Row = Mapping[str, Any]
_KEPT = ("external_network_id", "gateway_host", "standby_host", "ha")
_LEADS_OUT = router.c.external_network_id.is_not(None)


def hosts_in_use(connection: sa.Connection) -> list[str]:
    """The hosts that are a gateway or stand by for one; "" among them when a router lacks one that there is."""
    rows = connection.execute(sa.select(router.c.gateway_host, router.c.standby_host).distinct().where(_LEADS_OUT)).all()
    used = {host for row in rows for host in row if host}
    return sorted(used | ({""} if any(_changed(connection, row, "", None) for row in _having(connection, "")) else set()))


def host_at(connection: sa.Connection, tunnel_address: str) -> str:
    """The host whose tunnels end at an address; "" when there is none."""
    statement = sa.select(network_host.c.host).where(network_host.c.tunnel_address == tunnel_address)
    return str(connection.execute(statement).scalar() or "")


def stands_by(connection: sa.Connection, host: str, gateway_host: str) -> bool:
    """Whether a host stands by for a gateway on another one."""
    return connection.execute(sa.select(router.c.id).where(
        router.c.gateway_host == gateway_host, router.c.standby_host == host).limit(1)).first() is not None


def move(connection: sa.Connection, host: str, alive: Collection[str] | None = None) -> dict[str, Row]:
    """Give every router that a host ("": none) is the gateway of, or stands by for, others; return each one's two hosts.

    alive: the hosts to choose from, None for all that ever registered. The one that stands by comes first. A router
    that no host can serve stays as it is.
    """
    if not any(_changed(connection, row, host, alive) for row in _having(connection, host)):
        return {}
    revisions.lock(connection)
    moved: dict[str, Row] = {}
    for row in _having(connection, host):
        wanted = _changed(connection, row, host, alive)
        # Compare-and-set: another copy, or a user who took the gateway away, may have been here meanwhile.
        values = sa.update(router).where(router.c.id == row["id"], *(router.c[name] == row[name] for name in _KEPT)).values(wanted)
        if wanted and connection.execute(values).rowcount:
            revisions.note(connection, [row["id"]])
            moved[row["id"]] = wanted
    return moved


def take_over(connection: sa.Connection, host: str, silent: str) -> dict[str, Row]:
    """Make a host the gateway of the routers that it stands by for on a silent one; who stands by next is another matter."""
    revisions.lock(connection)
    theirs = sa.select(router.c.id).order_by(router.c.id).where(
        _LEADS_OUT, router.c.gateway_host == silent, router.c.standby_host == host)
    values = {"gateway_host": host, "standby_host": ""}
    taken: dict[str, Row] = {router_id: values for router_id in connection.execute(theirs).scalars()}
    if taken:
        connection.execute(sa.update(router).where(router.c.id.in_(sorted(taken))).values(values))
        revisions.note(connection, taken)
    return taken


def _having(connection: sa.Connection, host: str) -> list[Row]:
    """The routers that have the host in one of their two places."""
    statement = sa.select(router.c.id, router.c.refused_hosts, *(router.c[name] for name in _KEPT)).order_by(router.c.id).where(
        _LEADS_OUT, sa.or_(router.c.gateway_host == host, router.c.standby_host == host))
    return list(connection.execute(statement).mappings())


def _changed(connection: sa.Connection, row: Row, gone: str, alive: Collection[str] | None) -> dict[str, str]:
    """Who has the two places when a host is gone; empty when that changes nothing."""
    before = {name: row[name] for name in ("gateway_host", "standby_host")}
    if not row["ha"] and before["gateway_host"]:  # it stays where it is
        after = before | {"standby_host": ""}
    else:
        after = places(connection, row, gone, alive)
        if before["gateway_host"] == gone:  # nobody else can
            after["gateway_host"] = after["gateway_host"] or gone
    return after if after != before else {}


def places(connection: sa.Connection, row: Row, gone: str, alive: Collection[str] | None = None) -> dict[str, str]:
    """Who has a router's two places without a host; "" where nobody can. No host that an administrator took it from."""
    outside, gateway, standby = row["external_network_id"], row["gateway_host"], row["standby_host"]
    but = (gone, *(row["refused_hosts"] or ()))
    if gateway == gone:
        is_ready = standby not in ("", gone) and (alive is None or standby in alive)
        gateway = standby if is_ready else choose(connection, outside, but, alive)
    if not row["ha"]:
        standby = ""
    elif standby in ("", gone, gateway):
        standby = choose(connection, outside, (*but, gateway), alive) if gateway else ""
    return {"gateway_host": gateway, "standby_host": standby}


def pair(connection: sa.Connection, external_network_id: str, *, moves: bool) -> dict[str, str]:
    """The gateway of a new way out, and the host that stands by for it where it moves; "" where there is none."""
    gateway = choose(connection, external_network_id)
    return {"gateway_host": gateway,
            "standby_host": choose(connection, external_network_id, (gateway,)) if moves else ""}


def choose(connection: sa.Connection, external_network_id: str, but: Collection[str] = (),
           alive: Collection[str] | None = None) -> str:
    """The host with the fewest gateways of those that reach the external network; "" when there is none."""
    reaching = [host for host, may_be in _reaching(connection, external_network_id) if may_be and host not in but
                and (alive is None or host in alive)]
    counted = {row[0]: row[1] for row in connection.execute(
        sa.select(router.c.gateway_host, sa.func.count()).group_by(router.c.gateway_host))}
    return min(reaching, key=lambda each: (counted.get(each, 0), each), default="")


def reaches(connection: sa.Connection, external_network_id: str, host: str) -> bool:
    """Whether a host can be a gateway to an external network."""
    return any(each == host for each, _ in _reaching(connection, external_network_id))


def _reaching(connection: sa.Connection, external_network_id: str) -> list[tuple[str, bool]]:
    """The hosts that reach an external network, each with whether the scheduler may choose it."""
    physical = connection.execute(sa.select(network.c.provider_physical_network).where(
        network.c.id == external_network_id)).scalar()
    return [(row["host"], row["admin_state_up"]) for row in hosts.reaching(connection, physical)]
