"""The network agents: one on each host, which does all that the host's networks need."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.network import network_host

Row = dict[str, Any]


def list_agents(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every network agent that meets the conditions, with what its host said of itself."""
    statement = (
        sa.select(service_status.c.id, service_status.c.host, service_status.c.started_at, service_status.c.last_seen,
                  network_host.c.admin_state_up, network_host.c.types, network_host.c.mechanism, network_host.c.tunnel_address, network_host.c.applied_revision)
        .outerjoin(network_host, network_host.c.host == service_status.c.host)
        .where(service_status.c.kind == "network", *where).order_by(service_status.c.host))
    return [dict(row) for row in connection.execute(statement).mappings()]


def not_found(agent_id: str) -> errors.NotFound:
    """The error for an agent that is not there."""
    return errors.NotFound(f"Agent {agent_id} could not be found.", kind="AgentNotFound")
