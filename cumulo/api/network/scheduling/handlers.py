"""Which agents serve a network's DHCP and which are a router's gateway: list, place, take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import resource, standard
from cumulo.api.network.agents import handlers as agents
from cumulo.api.network.networks.handlers import KIND as NETWORK
from cumulo.api.network.routers.handlers import KIND as ROUTER
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network import network
from cumulo.common.db.tables.network_router import router
from cumulo.network import networks, revisions, routers, scheduling
from cumulo.network.agents import DHCP, ROUTING

Row = dict[str, Any]
_INVALID = {DHCP: "InvalidDHCPAgent", ROUTING: "InvalidL3Agent"}


def agents_of_network(request: Request) -> Row:
    """The agents that serve a network's DHCP."""
    with request.services.database.read() as connection:
        row = standard.plain(NETWORK, request, connection, request.params["network_id"])
        return {"agents": agents.of_hosts(request, connection, DHCP, scheduling.hosts_of_network(connection, row))}


def networks_of_agent(request: Request) -> Row:
    """The networks whose DHCP an agent serves."""
    with request.services.database.read() as connection:
        agent = agents.found(request, connection)
        served = scheduling.networks_of(connection, agent["host"]) if agent["agent_type"] == DHCP else []
        rows = networks.list_networks(connection, network.c.id.in_(served))
    return {"networks": [NETWORK.view(request, row) for row in rows]}


def add_network(request: Request) -> None:
    """Let an agent serve a network besides those that its host's ports need."""
    _change(request, DHCP, NETWORK, request.body["network_id"], scheduling.place)


def remove_network(request: Request) -> None:
    """Let it serve the network no longer."""
    _change(request, DHCP, NETWORK, request.params["network_id"], scheduling.take_away)


def agents_of_router(request: Request) -> Row:
    """The agents whose hosts are a router's gateway, which comes first, and stand by for it."""
    with request.services.database.read() as connection:
        row = standard.found(ROUTER, request, connection, request.params["router_id"])
        states = {row["standby_host"]: "standby", row["gateway_host"]: "active"}
        found = agents.of_hosts(request, connection, ROUTING, [host for host in states if host])
    return {"agents": sorted((each | {"ha_state": states[each["host"]]} for each in found), key=lambda each: str(each["ha_state"]))}


def routers_of_agent(request: Request) -> Row:
    """The routers whose gateway an agent's host is, or stands by for."""
    with request.services.database.read() as connection:
        agent = agents.found(request, connection)
        led = scheduling.routers_of(connection, agent["host"]) if agent["agent_type"] == ROUTING else []
        rows = routers.list_routers(connection, router.c.id.in_(led))
    return {"routers": [ROUTER.view(request, row) for row in rows]}


def add_router(request: Request) -> Row:
    """Make an agent's host a router's gateway; clients read a body, of which nothing is said."""
    _change(request, ROUTING, ROUTER, request.body["router_id"], scheduling.move_gateway)
    return {}


def remove_router(request: Request) -> None:
    """Take a router's gateway from an agent's host."""
    _change(request, ROUTING, ROUTER, request.params["router_id"], scheduling.leave_gateway)


def _change(request: Request, role: str, kind: standard.Kind, wanted: str,
            change: Callable[[sa.Connection, Row, str], None]) -> None:
    """Do it to a network or a router and the host of the agent that the path names; ring all hosts that it concerns.

    Raises Conflict where the agent is named in another role than this.
    """
    with request.services.database.write() as connection:
        revisions.hold(connection)
        agent = agents.found(request, connection)
        if agent["agent_type"] != role:
            raise errors.Conflict(f"Agent {agent['id']} is not a valid {role}.", kind=_INVALID[role])
        host = agent["host"]
        row = standard.found(kind, request, connection, wanted)
        before = routers.hosts_of_routers(connection, [row["id"]])
        change(connection, row, host)
        hosts = {host} | before | routers.hosts_of_routers(connection, [row["id"]])
    resource.ring(request, hosts)
