"""Address groups: who sees them, how they change, and the coming and going of addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.address_groups.view import ATTRIBUTES, address_group_view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_security import address_group
from cumulo.network import address_groups, security_groups

Row = dict[str, Any]


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own groups and those that others share; all for an administrator."""
    return standard.own_or_shared(request, "network:address_groups:get:all", address_group, "address_group")


KIND = standard.Kind(
    "address_group", "address_groups", "address_group_id", "network:address_groups", address_group,
    address_groups.list_groups, address_group_view, ATTRIBUTES, is_visible, address_groups.not_found)


def add_addresses(request: Request) -> Row:
    """Add addresses to a group."""
    return _move(request, address_groups.add_addresses)


def remove_addresses(request: Request) -> Row:
    """Take addresses out of a group."""
    return _move(request, address_groups.remove_addresses)


def _move(request: Request, move: Callable[[sa.Connection, float, str, Iterable[str]], Row]) -> Row:
    database, body = request.services.database, request.body
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "update:addresses")
        row = move(connection, database.now(connection), row["id"], body.get("address_group", body)["addresses"])
        hosts = security_groups.hosts_of_groups(connection, address_groups.speaking_of(connection, row["id"]))
    resource.ring(request, hosts)
    return {"address_group": address_group_view(request, row)}


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:address_groups:create")
    return address_groups.create_group(connection, request.services.ids, now, project_id=project_id,
                                       values=resource.columns(body, {}))


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return address_groups.update_group(connection, now, row["id"], body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    address_groups.delete_group(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
