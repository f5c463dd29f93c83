"""Policies of quality of service: who sees and uses them (KIND, chosen), and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_sharing import qos_policy
from cumulo.network import qos

Row = dict[str, Any]
_SAME = ("name", "description", "shared", "tags")
ATTRIBUTES = (*_SAME, *standard.PLAIN, "rules", "is_default")
_ATTRIBUTE_RULES = {"shared": "network:qos_policies:set:shared"}


def rule_view(row: Row) -> Row:
    """A rule as the API shows it."""
    direction = {"direction": row["direction"]} if row["kind"] in qos.DIRECTED else {}
    settings: Row = row["settings"]
    return {"id": row["id"], "qos_policy_id": row["qos_policy_id"], "type": row["kind"]} | direction | settings


def policy_view(request: Request, row: Row) -> Row:
    """Every attribute, with the rules."""
    return standard.plain_view(row, _SAME) | {"is_default": row["default_of"] is not None, "rules": [rule_view(each) for each in row["rules"]]}


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own policies and those that others share; all for an administrator."""
    return standard.own_or_shared(request, "network:qos_policies:get:all", qos_policy, "qos_policy")


KIND = standard.Kind("policy", "policies", "qos_policy_id", "network:qos_policies", qos_policy, qos.list_policies,
                     policy_view, ATTRIBUTES, is_visible, qos.not_found)


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


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
    return qos.update_policy(connection, now, row["id"], body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    qos.delete_policy(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
