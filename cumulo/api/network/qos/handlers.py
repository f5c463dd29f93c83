"""Policies of quality of service: list, create, show, update, delete. Also who may see and use one (KIND, chosen)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import resource, standard
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_sharing import qos_policy
from cumulo.network import qos

Row = dict[str, Any]
_SAME = ("name", "description", "shared", "tags")
ATTRIBUTES = (*_SAME, *standard.PLAIN, "rules", "is_default")
_ATTRIBUTE_RULES = {"shared": "network:qos_policies:set:shared"}


def rule_view(row: Row) -> Row:
    """A rule as the API shows it."""
    direction = {"direction": row["direction"]} if row["kind"] == qos.BANDWIDTH else {}
    settings: Row = row["settings"]
    return {"id": row["id"], "qos_policy_id": row["qos_policy_id"], "type": row["kind"]} | direction | settings


def policy_view(request: Request, row: Row) -> Row:
    """Every attribute, with the rules."""
    return standard.plain_view(row, _SAME) | {"is_default": False, "rules": [rule_view(each) for each in row["rules"]]}


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own policies and those that others share; all for an administrator."""
    return standard.own_or_shared(request, "network:qos_policies:get:all", qos_policy, "qos_policy")


KIND = standard.Kind("policy", "policies", "qos_policy_id", "network:qos_policies", qos_policy, qos.list_policies,
                     policy_view, ATTRIBUTES, is_visible, qos.not_found)


def index(request: Request) -> Row:
    """The policies the caller may use."""
    return standard.index(KIND, request)


def create(request: Request) -> Row:
    """One policy, or many at once."""
    return resource.create(request, "policy", "policies",
                           lambda connection, now, body: _create(request, connection, now, body), policy_view,
                           lambda connection, rows: set())


def show(request: Request) -> Row:
    """One policy; raises NotFound."""
    return standard.show(KIND, request)


def update(request: Request) -> Row:
    """Change what is said of a policy."""
    body, database = request.body["policy"], request.services.database
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "update")
        resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
        row = qos.update_policy(connection, database.now(connection), row["id"], body)
    return {"policy": policy_view(request, row)}


def delete(request: Request) -> None:
    """Delete a policy that nothing follows."""
    with request.services.database.write() as connection:
        row = standard.owned(KIND, request, connection, "delete")
        qos.delete_policy(connection, row["id"])


def chosen(request: Request, connection: sa.Connection, body: Mapping[str, Any]) -> None:
    """Raise NotFound where a body names a policy that the caller may not use."""
    if body.get("qos_policy_id"):
        standard.found(KIND, request, connection, body["qos_policy_id"])


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:qos_policies:create")
    resource.authorize_attributes(request, {name: value for name, value in body.items() if value}, _ATTRIBUTE_RULES,
                                  {"project_id": project_id})
    return qos.create_policy(connection, request.services.ids, now, project_id=project_id,
                             values=resource.columns(body, {}))
