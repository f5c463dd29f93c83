"""Live topology: networks, routers, floating addresses, ports and servers with their states, as a view draws them.

One transaction reads all of it, so a line never leads to what is not there.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from oslo_policy import policy

from cumulo.api.network import standard
from cumulo.api.network.floating_ips.handlers import KIND as FLOATING_IP
from cumulo.api.network.networks.handlers import KIND as NETWORK
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.network.routers.handlers import KIND as ROUTER
from cumulo.api.network.routers.view import gateway_view
from cumulo.api.wsgi.route import Request, Route
from cumulo.common.db.tables.compute import server
from cumulo.common.db.tables.network import subnet

Row = dict[str, Any]
_PATH = "/v2.0/cumulo/topology"

RULES = (
    policy.DocumentedRuleDefault("network:topology:get", "rule:project_reader or rule:system_reader",
                                 "See what one's networks look like now", [{"method": "GET", "path": _PATH}]),
)


def show(request: Request) -> Row:
    """All that the caller may see."""
    with request.services.database.read() as connection:
        networks, routers, ports, floating = (_rows(kind, request, connection)
                                              for kind in (NETWORK, ROUTER, PORT, FLOATING_IP))
        subnets = connection.execute(sa.select(subnet).where(
            subnet.c.id.in_({each for row in networks for each in row["subnets"]}))).mappings().all()
        servers = connection.execute(sa.select(server.c.id, server.c.name, server.c.status).where(
            server.c.id.in_({row["device_id"] for row in ports}), server.c.deleted_at.is_(None),
            *_own_servers(request))).mappings().all()
    cidrs: dict[str, list[Row]] = {row["id"]: [] for row in networks}
    for row in subnets:
        cidrs[row["network_id"]].append({"id": row["id"], "cidr": row["cidr"], "gateway_ip": row["gateway_ip"]})
    return {"topology": {
        "networks": [{"id": row["id"], "name": row["name"], "status": "ACTIVE" if row["admin_state_up"] else "DOWN",
                      "router:external": row["external"], "shared": row["shared"], "subnets": cidrs[row["id"]]}
                     for row in networks],
        "routers": [{"id": row["id"], "name": row["name"], "status": "ACTIVE" if row["admin_state_up"] else "DOWN",
                     "external_gateway_info": gateway_view(row)} for row in routers],
        "ports": [{name: row[name] for name in (
            "id", "name", "status", "network_id", "device_id", "device_owner", "mac_address", "fixed_ips")}
            for row in ports],
        "floatingips": [{name: row[name] for name in ("id", "floating_ip_address", "port_id", "router_id")}
                        for row in floating],
        "servers": [{"id": row["id"], "name": row["name"], "status": row["status"]} for row in servers]}}


def _rows(kind: standard.Kind, request: Request, connection: sa.Connection) -> list[Row]:
    return sorted(kind.rows(connection, *kind.visible(request)), key=lambda row: (row["created_at"], row["id"]))


def _own_servers(request: Request) -> standard.Conditions:
    """A port's device_id is only text: a server is shown to its own project, whatever ports name it."""
    if request.may("network:ports:get:all"):
        return []
    return [server.c.project_id == (request.context.project_id or "")]


ROUTES = (Route("GET", _PATH, show, policy="network:topology:get"),)
