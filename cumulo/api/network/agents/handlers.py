"""Agents: list, show, and whether gateways and networks may be put on their hosts. They come by themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z
from cumulo.common import errors
from cumulo.common.db.tables.compute import service_status
from cumulo.network import agents, revisions, scheduling

Row = dict[str, Any]
ATTRIBUTES = ("id", "host", "agent_type", "binary", "topic", "alive", "admin_state_up", "availability_zone",
              "created_at", "started_at", "heartbeat_timestamp", "description", "configurations")


def index(request: Request) -> Row:
    """The agents; none for who may not know of hosts."""
    if not request.may("network:agents:get:all"):
        return collection.answer(request, "agents", [], ATTRIBUTES)
    database = request.services.database
    with database.read() as connection:
        now, rows = database.now(connection), agents.list_agents(connection)
    return collection.answer(request, "agents", [_view(request, now, row) for row in rows], ATTRIBUTES,
                             {"agent_type": _is_of_type})


def show(request: Request) -> Row:
    """One agent; raises NotFound."""
    database = request.services.database
    with database.read() as connection:
        now, row = database.now(connection), found(request, connection)
    return {"agent": collection.chosen_fields(request, _view(request, now, row))}


def update(request: Request) -> Row:
    """Say whether gateways of routers and networks may be put on an agent's host: all that it does there follows."""
    database, body = request.services.database, request.body["agent"]
    with database.write() as connection:
        row = found(request, connection)
        scheduling.set_state(connection, row["host"], body["admin_state_up"])
        now, row = database.now(connection), found(request, connection)
    return {"agent": _view(request, now, row)}


def delete(request: Request) -> None:
    """Forget an agent that is silent, in all of its roles; raises Conflict for one that is alive, or while its host has something."""
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = found(request, connection)
        if _is_alive(request, database.now(connection), row):
            raise errors.Conflict(f"Agent {row['id']} is alive: it would make itself known again at once.", kind="AgentInUse")
        agents.forget(connection, row)


def found(request: Request, connection: sa.Connection) -> Row:
    """The agent that the path names; raises NotFound, also for who may not know of hosts."""
    agent_id = request.params["agent_id"]
    rows = agents.list_agents(connection) if request.may("network:agents:get:all") else []
    found = next((row for row in rows if row["id"] == agent_id), None)
    if found is None:
        raise agents.not_found(agent_id)
    return found


def of_hosts(request: Request, connection: sa.Connection, role: str, hosts: Collection[str]) -> list[Row]:
    """The agents of these hosts, in this role, as they are shown."""
    now = request.services.database.now(connection)
    return [_view(request, now, row) for row in agents.list_agents(connection, service_status.c.host.in_(sorted(hosts)))
            if row["agent_type"] == role]


def _is_of_type(view: Row, values: list[str]) -> bool:
    """Clients write the types in capitals and without."""
    return view["agent_type"].lower() in [value.lower() for value in values]


def _is_alive(request: Request, now: float, row: Row) -> bool:
    return bool(now - row["last_seen"] < request.services.conf.servers.service_down_after_s)


def _view(request: Request, now: float, row: Row) -> Row:
    conf = request.services.conf
    return {
        "id": row["id"], "host": row["host"], "agent_type": row["agent_type"], "binary": "cumulo-network",
        "topic": f"network.{row['host']}", "alive": _is_alive(request, now, row),
        "admin_state_up": row["admin_state_up"] is not False, "availability_zone": conf.network.availability_zone, "description": "",
        "created_at": iso_z(row["started_at"]), "started_at": iso_z(row["started_at"]),
        "heartbeat_timestamp": iso_z(row["last_seen"]),
        "configurations": {"network_types": row["types"] or [], "tunnel_address": row["tunnel_address"] or "",
                           "mechanism": row["mechanism"] or "", "applied_revision": row["applied_revision"] or 0}}
