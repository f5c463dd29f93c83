"""Agents: list and show. They come by themselves, and nothing is scheduled to one: each host does what is its own."""

from __future__ import annotations

from typing import Any

from cumulo.api.network import collection
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z
from cumulo.common.db.tables.compute import service_status
from cumulo.network import agents

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
    return collection.answer(request, "agents", [_view(request, now, row) for row in rows], ATTRIBUTES)


def show(request: Request) -> Row:
    """One agent; raises NotFound."""
    database, agent_id = request.services.database, request.params["agent_id"]
    with database.read() as connection:
        now = database.now(connection)
        rows = agents.list_agents(connection, service_status.c.id == agent_id) if request.may(
            "network:agents:get:all") else []
    if not rows:
        raise agents.not_found(agent_id)
    return {"agent": collection.chosen_fields(request, _view(request, now, rows[0]))}


def _view(request: Request, now: float, row: Row) -> Row:
    conf = request.services.conf
    return {
        "id": row["id"], "host": row["host"], "agent_type": "Network agent", "binary": "cumulo-network",
        "topic": f"network.{row['host']}", "alive": now - row["last_seen"] < conf.servers.service_down_after_s,
        "admin_state_up": True, "availability_zone": conf.network.availability_zone, "description": "",
        "created_at": iso_z(row["started_at"]), "started_at": iso_z(row["started_at"]),
        "heartbeat_timestamp": iso_z(row["last_seen"]),
        "configurations": {"network_types": row["types"] or [], "tunnel_address": row["tunnel_address"] or "",
                           "mechanism": row["mechanism"] or "", "applied_revision": row["applied_revision"] or 0}}
