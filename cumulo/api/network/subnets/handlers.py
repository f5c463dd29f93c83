"""Subnets: list, create, show, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection, resource
from cumulo.api.network.networks.handlers import visible as visible_network
from cumulo.api.network.subnets.view import ATTRIBUTES, subnet_view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network import network, subnet
from cumulo.network import subnets

Row = dict[str, Any]


def index(request: Request) -> Row:
    """The subnets the caller may see."""
    with request.services.database.read() as connection:
        rows = subnets.list_subnets(connection, *_is_visible(request), *collection.column_filters(request, subnet))
    return collection.answer(request, "subnets", [subnet_view(request, row) for row in rows], ATTRIBUTES)


def create(request: Request) -> Row:
    """One subnet, or many at once."""
    return resource.create(request, "subnet", "subnets",
                           lambda connection, now, body: _create(request, connection, now, body), subnet_view)


def show(request: Request) -> Row:
    """One subnet; raises NotFound."""
    with request.services.database.read() as connection:
        row = _visible(request, connection)
    return {"subnet": collection.chosen_fields(request, subnet_view(request, row))}


def update(request: Request) -> Row:
    """Change a subnet."""
    database = request.services.database
    with database.write() as connection:
        row = _owned(request, connection, "network:subnets:update")
        row = subnets.update_subnet(connection, request.services.ids, database.now(connection), row["id"],
                                    resource.columns(request.body["subnet"], {}))
        hosts = resource.hosts_of(connection, [row["network_id"]])
    resource.ring(request, hosts)
    return {"subnet": subnet_view(request, row)}


def delete(request: Request) -> None:
    """Delete a subnet that no port has an address of."""
    database = request.services.database
    with database.write() as connection:
        row = _owned(request, connection, "network:subnets:delete")
        subnets.delete_subnet(connection, request.services.ids, database.now(connection), row["id"])
        hosts = resource.hosts_of(connection, [row["network_id"]])
    resource.ring(request, hosts)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:subnets:create")
    of_network = visible_network(request, connection, body["network_id"])
    request.authorize("network:subnets:create", {"project_id": of_network["project_id"]})
    values = resource.columns(body, {}, without=("network_id",))
    values["ip_version"] = int(values["ip_version"])
    return subnets.create_subnet(connection, request.services.ids, now, project_id=project_id,
                                 network_id=of_network["id"], values=values)


def _is_visible(request: Request) -> list[sa.ColumnElement[bool]]:
    """Visible are one's own subnets and those of shared networks; all for an administrator."""
    if request.may("network:subnets:get:all"):
        return []
    shared = sa.select(network.c.id).where(network.c.shared.is_(sa.true()))
    return [sa.or_(subnet.c.project_id == (request.context.project_id or ""), subnet.c.network_id.in_(shared))]


def _visible(request: Request, connection: sa.Connection) -> Row:
    subnet_id = request.params["subnet_id"]
    found = subnets.list_subnets(connection, subnet.c.id == subnet_id, *_is_visible(request))
    if not found:
        raise subnets.not_found(subnet_id)
    return found[0]


def _owned(request: Request, connection: sa.Connection, rule: str) -> Row:
    row = _visible(request, connection)
    request.authorize(rule, {"project_id": row["project_id"]})
    resource.check_revision(request, row)
    return row
