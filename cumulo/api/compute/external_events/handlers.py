"""os-server-external-events: other services tell what happened to what a server has; its host looks again.

Nothing is believed: whoever tells of a network has the host's agents look at what is wanted there, and make it so.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import server

Event = Mapping[str, Any]
_COMPLETED = "completed"


def tell(request: Request) -> Reply:
    """Pass events on to the hosts of their servers: 200, 207 where some could not be, 404 where none could."""
    events: list[Event] = request.body["events"]
    with request.services.database.read() as connection:
        hosts = _hosts(connection, {event["server_uuid"] for event in events})
    answers = [_answer(event, hosts) for event in events]
    told = {(_agent(event), hosts[event["server_uuid"]]) for event, answer in zip(events, answers, strict=True)
            if answer["code"] == 200}
    for agent, host in sorted(told):
        request.ring(f"{agent}.{host}", "network_changed" if agent == "network" else "server_changed")
    if not told:
        raise errors.NotFound("No instances found for any event")
    return Reply({"events": answers}, status=200 if all(answer["code"] == 200 for answer in answers) else 207)


def _hosts(connection: sa.Connection, server_ids: set[str]) -> dict[str, str | None]:
    rows = connection.execute(sa.select(server.c.id, server.c.host).where(
        server.c.id.in_(sorted(server_ids)), server.c.deleted_at.is_(None)))
    return {row.id: row.host for row in rows}


def _answer(event: Event, hosts: Mapping[str, str | None]) -> dict[str, Any]:
    code = 404 if event["server_uuid"] not in hosts else 422 if hosts[event["server_uuid"]] is None else 200
    status = event.get("status", _COMPLETED) if code == 200 else "failed"
    return {**event, "status": status, "code": code}


def _agent(event: Event) -> str:
    return "network" if event["name"].startswith("network-") else "compute"
