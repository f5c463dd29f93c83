"""Trunks: who sees them, how they change, and the coming and going of the ports that they carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.network.trunks.view import ATTRIBUTES, sub_ports_view, trunk_view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network import port
from cumulo.common.db.tables.network_sharing import trunk
from cumulo.network import quotas, revisions, trunks

Row = dict[str, Any]


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own trunks; all for an administrator."""
    return standard.own(request, "network:trunks:get:all", trunk)


KIND = standard.Kind("trunk", "trunks", "trunk_id", "network:trunks", trunk, trunks.list_trunks, trunk_view, ATTRIBUTES,
                     is_visible, trunks.not_found)


def get_subports(request: Request) -> Row:
    """The ports that a trunk carries."""
    with request.services.database.read() as connection:
        return sub_ports_view(standard.found(KIND, request, connection, request.params["trunk_id"]))


def add_subports(request: Request) -> Row:
    """Let a trunk carry more ports."""
    return _change(request, _add)


def remove_subports(request: Request) -> Row:
    """Let a trunk carry fewer ports."""
    return _change(request, _remove)


def _change(request: Request, change: Callable[[Request, sa.Connection, float, Row, Sequence[Row]], Row]) -> Row:
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(KIND, request, connection, "update:subports")
        changed = change(request, connection, database.now(connection), row, request.body["sub_ports"])
        hosts = _concerned(connection, [row, changed])
    resource.ring(request, hosts)
    return trunk_view(request, changed)


def _add(request: Request, connection: sa.Connection, now: float, row: Row, asked: Sequence[Row]) -> Row:
    return trunks.add_subports(connection, now, row, [(each, _own_port(request, connection, each["port_id"])) for each in asked])


def _remove(request: Request, connection: sa.Connection, now: float, row: Row, asked: Sequence[Row]) -> Row:
    return trunks.remove_subports(connection, now, row, [each["port_id"] for each in asked])


def _own_port(request: Request, connection: sa.Connection, port_id: str) -> Row:
    """The port, if the caller may change it."""
    row = standard.found(PORT, request, connection, port_id)
    request.authorize("network:ports:update", {"project_id": row["project_id"]})
    return row


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:trunks:create")
    held = _own_port(request, connection, body["port_id"])
    quotas.reserve(connection, request.services.conf, project_id, "trunk")
    row = trunks.create_trunk(connection, request.services.ids, now, project_id=project_id, port_row=held,
                              values=resource.columns(body, {}, without=("port_id", "sub_ports", "admin_state_up")))
    if body.get("sub_ports"):
        row = _add(request, connection, now, row, body["sub_ports"])
    if body.get("admin_state_up") is False:
        row = trunks.update_trunk(connection, now, row, {"admin_state_up": False})
    return row


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return trunks.update_trunk(connection, now, row, body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    trunks.delete_trunk(connection, now, row)


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """The hosts that the ports are on; they learn of what joins the trunk by its own network."""
    named = {row["port_id"] for row in rows} | {each["port_id"] for row in rows for each in row["sub_ports"]}
    return set(connection.execute(sa.select(port.c.binding_host_id).where(
        port.c.id.in_(sorted(named)), port.c.binding_host_id != "")).scalars())


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned)
