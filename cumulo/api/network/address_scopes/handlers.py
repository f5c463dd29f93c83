"""Address scopes: who sees and uses them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_pool import address_scope
from cumulo.network import address_scopes

Row = dict[str, Any]
_SAME = ("name", "ip_version", "shared", "tags")
ATTRIBUTES = (*_SAME, *standard.PLAIN)
_ATTRIBUTE_RULES = {"shared": "network:address_scopes:set:shared"}


def address_scope_view(request: Request, row: Row) -> Row:
    """Every attribute: nothing of a scope is hidden from who may see it."""
    return standard.plain_view(row, _SAME)


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own scopes and those that others share; all for an administrator."""
    return standard.own_or_shared(request, "network:address_scopes:get:all", address_scope, "address_scope")


KIND = standard.Kind(
    "address_scope", "address_scopes", "address_scope_id", "network:address_scopes", address_scope,
    address_scopes.list_scopes, address_scope_view, ATTRIBUTES, is_visible, address_scopes.not_found)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:address_scopes:create")
    resource.authorize_attributes(request, {name: value for name, value in body.items() if value}, _ATTRIBUTE_RULES,
                                  {"project_id": project_id})
    values = resource.columns(body, {}) | {"ip_version": int(body["ip_version"])}
    return address_scopes.create_scope(connection, request.services.ids, now, project_id=project_id, values=values)


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
    return address_scopes.update_scope(connection, now, row, body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    address_scopes.delete_scope(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
