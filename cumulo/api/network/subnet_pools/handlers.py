"""Subnet pools: who sees them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.address_scopes.handlers import KIND as ADDRESS_SCOPE
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


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:subnet_pools:create")
    set_now = {name: value for name, value in body.items() if value}
    resource.authorize_attributes(request, set_now, _ATTRIBUTE_RULES, {"project_id": project_id})
    _check_scope(request, connection, body)
    quotas.reserve(connection, request.services.conf, project_id, "subnetpool")
    return subnet_pools.create_pool(connection, request.services.ids, now, project_id=project_id, values=_values(body))


def _check_scope(request: Request, connection: sa.Connection, body: Mapping[str, Any]) -> None:
    """Raise NotFound where a body names a scope that the caller may not use."""
    if body.get("address_scope_id"):
        standard.found(ADDRESS_SCOPE, request, connection, body["address_scope_id"])


def _values(body: Mapping[str, Any]) -> Row:
    values = resource.columns(body, {})
    return values | {name: int(values[name]) for name in _NUMBERS if values.get(name) is not None}


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
    _check_scope(request, connection, body)
    return subnet_pools.update_pool(connection, now, row["id"], _values(body))


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    subnet_pools.delete_pool(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
