"""What hosts that are down still have of servers that were given up there: it is removed when they are back.

A host with something left of a server does not take that server until it is removed.
"""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from cumulo.common.db.tables.compute import compute_host, host_leftover, server, server_move

_HOSTS_WITH = sa.select(host_leftover.c.host).where(
    host_leftover.c.server_id == sa.bindparam("its_server")).order_by(host_leftover.c.host)
_NAMESPACE = uuid.UUID("5f1c3a0e-0b52-4a55-9f2c-2f4f3f6a7b10")


def fenced(connection: sa.Connection) -> list[str]:
    """Return the hosts that were declared down: nothing is asked of them."""
    query = sa.select(compute_host.c.name).where(compute_host.c.forced_down == sa.true()).order_by(compute_host.c.name)
    return list(connection.execute(query).scalars())


def note(connection: sa.Connection, now: float, host: str, server_id: str) -> None:
    """Write down that a host may still have a server; idempotent."""
    row = {"id": str(uuid.uuid5(_NAMESPACE, f"{host} {server_id}")), "host": host, "server_id": server_id, "created_at": now}
    if connection.execute(sa.select(host_leftover.c.id).where(host_leftover.c.id == row["id"])).first() is None:
        connection.execute(sa.insert(host_leftover).values(row))


def forget(connection: sa.Connection, host: str, server_id: str) -> None:
    """Say that the host has nothing of the server, or has it by right; idempotent."""
    connection.execute(sa.delete(host_leftover).where(
        host_leftover.c.host == host, host_leftover.c.server_id == server_id))


def hosts_with(connection: sa.Connection, server_id: str) -> Sequence[str]:
    """Return the hosts that still have something of a server."""
    return list(connection.execute(_HOSTS_WITH, {"its_server": server_id}).scalars())


def to_clear(connection: sa.Connection, most: int) -> list[sa.RowMapping]:
    """Return what is left on hosts that are not down any more."""
    query = (sa.select(host_leftover).join(compute_host, compute_host.c.name == host_leftover.c.host)
             .where(compute_host.c.forced_down == sa.false()).order_by(host_leftover.c.created_at, host_leftover.c.id).limit(most))
    return list(connection.execute(query).mappings())


def is_home(connection: sa.Connection, host: str, server_id: str) -> bool:
    """Say whether a server is on a host by right, or has room there."""
    here = sa.select(server.c.id).where(server.c.id == server_id, server.c.host == host, server.c.deleted_at.is_(None))
    room = sa.select(server_move.c.server_id).where(server_move.c.server_id == server_id, server_move.c.host == host)
    return connection.execute(here.union(room)).first() is not None
