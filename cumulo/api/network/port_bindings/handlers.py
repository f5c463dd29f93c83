"""Bindings of ports: list, create, change, activate, delete. What concerns hosts is the administrator's and compute's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection, resource, standard
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.network.ports.view import vif_view
from cumulo.api.wsgi.route import Request
from cumulo.network import port_bindings, revisions

Row = dict[str, Any]
_SAME = ("host", "vnic_type", "profile", "status")
ATTRIBUTES = (*_SAME, "vif_type", "vif_details", "project_id")


def index(request: Request) -> Row:
    """The bindings of a port."""
    with request.services.database.read() as connection:
        held = standard.found(PORT, request, connection, request.params["port_id"])
        rows = port_bindings.of_port(connection, held)
    listed = collection.answer(request, "bindings", [_view(held, row) | {"id": row["host"]} for row in rows], ATTRIBUTES)
    return listed | {"bindings": [{name: value for name, value in each.items() if name != "id"}
                                  for each in listed["bindings"]]}


def create(request: Request) -> Row:
    """Let a port move to a host."""
    return _changed(request, lambda connection, now, held: port_bindings.create_binding(
        connection, now, held, request.body["binding"]))


def update(request: Request) -> Row:
    """Change what is said of a binding."""
    return _changed(request, lambda connection, now, held: port_bindings.update_binding(
        connection, now, held, request.params["host_name"], request.body["binding"]))


def activate(request: Request) -> Row:
    """Move a port to a host."""
    return _changed(request, lambda connection, now, held: port_bindings.activate(
        connection, now, held, request.params["host_name"]))


def delete(request: Request) -> None:
    """Let a port move to a host no longer."""
    _change(request, lambda connection, now, held: port_bindings.delete_binding(
        connection, now, held, request.params["host_name"]))


def _changed(request: Request, change: Callable[[sa.Connection, float, Row], Row]) -> Row:
    held, row = _change(request, change)
    return {"binding": _view(held, row)}


def _change(request: Request, change: Callable[[sa.Connection, float, Row], Any]) -> tuple[Row, Any]:
    """Do it to the port that the path names, and ring the hosts that it concerned before and concerns now."""
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        held = standard.found(PORT, request, connection, request.params["port_id"])
        hosts = _concerned(connection, held)
        row = change(connection, database.now(connection), held)
        hosts |= _concerned(connection, held)
    resource.ring(request, hosts)
    return held, row


def _concerned(connection: sa.Connection, held: Row) -> set[str]:
    return resource.hosts_of(connection, [held["network_id"]])


def _view(held: Row, row: Row) -> Row:
    return {name: row[name] for name in _SAME} | vif_view(row["status"] == "ACTIVE", row.get("mechanism")) | {"project_id": held["project_id"]}
