"""Subnet pools: list, create, show, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import resource, standard
from cumulo.api.network.subnet_pools.view import ATTRIBUTES, subnet_pool_view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_pool import subnet_pool
from cumulo.network import quotas, subnet_pools

Row = dict[str, Any]
_ATTRIBUTE_RULES = {"shared": "network:subnet_pools:set:shared", "is_default": "network:subnet_pools:set:default"}
_NUMBERS = ("default_quota", "default_prefixlen", "min_prefixlen", "max_prefixlen")


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own pools and those that others share; all for an administrator."""
    return standard.own_or_shared(request, "network:subnet_pools:get:all", subnet_pool, "subnetpool")


KIND = standard.Kind(
    "subnetpool", "subnetpools", "subnetpool_id", "network:subnet_pools", subnet_pool, subnet_pools.list_pools,
    subnet_pool_view, ATTRIBUTES, is_visible, subnet_pools.not_found)


def index(request: Request) -> Row:
    """The pools the caller may use."""
    return standard.index(KIND, request)


def create(request: Request) -> Row:
    """One pool, or many at once."""
    return resource.create(request, "subnetpool", "subnetpools",
                           lambda connection, now, body: _create(request, connection, now, body), subnet_pool_view,
                           lambda connection, rows: set())


def show(request: Request) -> Row:
    """One pool; raises NotFound."""
    return standard.show(KIND, request)


def update(request: Request) -> Row:
    """Change a pool."""
    body, database = request.body["subnetpool"], request.services.database
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "update")
        resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
        row = subnet_pools.update_pool(connection, database.now(connection), row["id"], _values(body))
    return {"subnetpool": subnet_pool_view(request, row)}


def delete(request: Request) -> None:
    """Delete a pool that no subnet is cut from."""
    with request.services.database.write() as connection:
        row = standard.owned(KIND, request, connection, "delete")
        subnet_pools.delete_pool(connection, row["id"])


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:subnet_pools:create")
    set_now = {name: value for name, value in body.items() if value}
    resource.authorize_attributes(request, set_now, _ATTRIBUTE_RULES, {"project_id": project_id})
    quotas.reserve(connection, request.services.conf, project_id, "subnetpool")
    return subnet_pools.create_pool(connection, request.services.ids, now, project_id=project_id, values=_values(body))


def _values(body: Mapping[str, Any]) -> Row:
    values = resource.columns(body, {})
    return values | {name: int(values[name]) for name in _NUMBERS if values.get(name) is not None}
