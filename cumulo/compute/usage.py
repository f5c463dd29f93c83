"""What projects used of the cloud between two times: hours of servers, and what they had. Counted from server rows."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import server

HOUR_S = 3600.0
Row = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Span:
    """A time from start to stop; now is when it is asked for: nothing runs longer than until then."""

    start: float
    stop: float
    now: float


@dataclasses.dataclass(frozen=True)
class Total:
    """What servers used together, each hour times what the server had."""

    hours: float = 0.0
    vcpus: float = 0.0
    memory_mib: float = 0.0
    disk_gib: float = 0.0


def servers_between(connection: sa.Connection, span: Span, project_id: str | None) -> list[Row]:
    """Return the servers of a project (None: of all) that ran within the span, by project and in the order they came."""
    own = [] if project_id is None else [server.c.project_id == project_id]
    query = sa.select(
        server.c.id, server.c.name, server.c.project_id, server.c.status, server.c.flavor, server.c.launched_at,
        server.c.terminated_at).where(
            server.c.launched_at.is_not(None), server.c.launched_at < span.stop,
            sa.or_(server.c.terminated_at.is_(None), server.c.terminated_at > span.start), *own)
    return list(connection.execute(query.order_by(server.c.project_id, server.c.created_at, server.c.id)).mappings())


def hours(row: Row, span: Span) -> float:
    """Return how long a server ran within the span."""
    end = min(span.stop, span.now, span.now if row["terminated_at"] is None else row["terminated_at"])
    return max(0.0, end - max(span.start, row["launched_at"])) / HOUR_S


def disk_gib(row: Row) -> int:
    """Return the disk that a server had of its flavor."""
    return int(row["flavor"]["root_gib"] + row["flavor"].get("ephemeral_gib", 0))


def total(rows: Iterable[Row], span: Span) -> Total:
    """Add up what servers used."""
    found = Total()
    for row in rows:
        ran, flavor = hours(row, span), row["flavor"]
        found = Total(found.hours + ran, found.vcpus + ran * flavor["vcpus"],
                      found.memory_mib + ran * flavor["memory_mib"], found.disk_gib + ran * disk_gib(row))
    return found
