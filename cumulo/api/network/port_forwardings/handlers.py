"""Port forwardings of one floating address: list, create, show, update, delete."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection, resource, standard
from cumulo.api.network.floating_ips.handlers import KIND as FLOATING_IP
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_router import port_forwarding
from cumulo.network import floating_ips, routers

Row = dict[str, Any]
_SAME = ("id", "protocol", "external_port", "internal_port_id", "internal_ip_address", "internal_port", "description",
         "revision_number")
ATTRIBUTES = _SAME


def index(request: Request) -> Row:
    """What is forwarded from the floating address."""
    with request.services.database.read() as connection:
        row = standard.found(FLOATING_IP, request, connection, request.params["floatingip_id"])
    return collection.answer(request, "port_forwardings", [_view(each) for each in row["forwardings"]], ATTRIBUTES)


def create(request: Request) -> Row:
    """Forward one port more."""
    body, database = request.body["port_forwarding"], request.services.database
    with database.write() as connection:
        floating = standard.owned(FLOATING_IP, request, connection, "update:forwardings")
        held = _port(request, connection, floating, body["internal_port_id"])
        made = floating_ips.create_forwarding(
            connection, request.services.ids, database.now(connection), floating, held, body)
        hosts = _concerned(connection, floating["id"])
    resource.ring(request, hosts)
    return {"port_forwarding": _view(made)}


def show(request: Request) -> Row:
    """One port forwarding; raises NotFound."""
    with request.services.database.read() as connection:
        floating = standard.found(FLOATING_IP, request, connection, request.params["floatingip_id"])
        row = _one(connection, floating, request.params["port_forwarding_id"])
    return {"port_forwarding": collection.chosen_fields(request, _view(row))}


def update(request: Request) -> Row:
    """Change a port forwarding."""
    body, database = request.body["port_forwarding"], request.services.database
    with database.write() as connection:
        floating = standard.owned(FLOATING_IP, request, connection, "update:forwardings")
        before = _one(connection, floating, request.params["port_forwarding_id"])
        held = _port(request, connection, floating, body.get("internal_port_id", before["internal_port_id"]))
        row = floating_ips.update_forwarding(connection, database.now(connection), floating, before, held, body)
        hosts = _concerned(connection, floating["id"])
    resource.ring(request, hosts)
    return {"port_forwarding": _view(row)}


def delete(request: Request) -> None:
    """Forward a port no longer."""
    database = request.services.database
    with database.write() as connection:
        floating = standard.owned(FLOATING_IP, request, connection, "update:forwardings")
        hosts = _concerned(connection, floating["id"])
        floating_ips.delete_forwarding(connection, database.now(connection), floating["id"],
                                       request.params["port_forwarding_id"])
    resource.ring(request, hosts)


def _port(request: Request, connection: sa.Connection, floating: Row, port_id: str) -> Row:
    held = standard.found(PORT, request, connection, port_id)
    if held["project_id"] != floating["project_id"]:
        request.authorize("network:floating_ips:set:foreign_port", {"project_id": held["project_id"]})
    return held


def _one(connection: sa.Connection, floating: Row, forwarding_id: str) -> Row:
    found = floating_ips.list_forwardings(connection, port_forwarding.c.id == forwarding_id,
                                          port_forwarding.c.floating_ip_id == floating["id"])
    if not found:
        raise floating_ips.forwarding_not_found(forwarding_id)
    return found[0]


def _concerned(connection: sa.Connection, floating_ip_id: str) -> set[str]:
    row = floating_ips.get_floating_ip(connection, floating_ip_id)
    return routers.hosts_of_routers(connection, [row["router_id"]])


def _view(row: Row) -> Row:
    return {name: row[name] for name in _SAME}
