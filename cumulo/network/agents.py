"""The network agents: one on each host, which does all that the host's networks need.

The API knows an agent by what it does: clients look for the one that serves DHCP, or routes, on a host. So what one agent
does is shown as one row for each of its roles, whose id is made of the agent's and the role; whether it is alive and whether
anything may be put there is the one agent's.
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.network import network_host, network_placement, port
from cumulo.common.db.tables.network_router import router
from cumulo.common.db.tables.network_sharing import port_binding

Row = dict[str, Any]

DHCP, ROUTING, METADATA = "DHCP agent", "L3 agent", "Metadata agent"
"""The roles that every agent has. The fourth, connecting cards, is named after its mechanism."""
_MECHANISMS = {"linuxbridge": "Linux bridge agent", "openvswitch": "Open vSwitch agent"}
_IDS = uuid.NAMESPACE_URL


def list_agents(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """A row for each role (`agent_type`) of every agent that meets the conditions, with what its host said of itself."""
    statement = (
        sa.select(service_status.c.id, service_status.c.host, service_status.c.started_at, service_status.c.last_seen,
                  network_host.c.admin_state_up, network_host.c.types, network_host.c.mechanism, network_host.c.tunnel_address, network_host.c.applied_revision)
        .outerjoin(network_host, network_host.c.host == service_status.c.host)
        .where(service_status.c.kind == "network", *where).order_by(service_status.c.host))
    return [dict(row) | {"id": role_id(row["id"], role), "agent_type": role}
            for row in connection.execute(statement).mappings() for role in _roles(row["mechanism"])]


def forget(connection: sa.Connection, row: Row) -> None:
    """Forget the agent of a host, and what its host said of itself; raises Conflict while something is there.

    The caller holds the lock of `revisions`, and has seen that the agent is silent: one that speaks makes itself known again.
    """
    host = row["host"]
    for what, table, condition in (
            ("ports", port, sa.or_(port.c.binding_host_id == host, port.c.next_host_id == host)),
            ("gateways of routers", router, sa.or_(router.c.gateway_host == host, router.c.standby_host == host)),
            ("ports that may move there", port_binding, port_binding.c.host == host)):
        if connection.execute(sa.select(sa.literal(1)).select_from(table).where(condition).limit(1)).first():
            raise errors.Conflict(f"Agent {row['id']} cannot be deleted: host {host} has {what}.", kind="AgentInUse")
    connection.execute(sa.delete(network_placement).where(network_placement.c.host == host))
    connection.execute(sa.delete(network_host).where(network_host.c.host == host))
    connection.execute(sa.delete(service_status).where(service_status.c.host == host, service_status.c.kind == "network"))


def role_id(agent_id: str, role: str) -> str:
    """The id under which one role of an agent is known."""
    return str(uuid.uuid5(_IDS, f"{agent_id}/{role}"))


def not_found(agent_id: str) -> errors.NotFound:
    """The error for an agent that is not there."""
    return errors.NotFound(f"Agent {agent_id} could not be found.", kind="AgentNotFound")


def _roles(mechanism: str | None) -> tuple[str, ...]:
    return DHCP, ROUTING, METADATA, _MECHANISMS[mechanism or "linuxbridge"]
