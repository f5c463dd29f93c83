"""Rules of security groups: who sees them, and how they change: only what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.address_groups.handlers import KIND as ADDRESS_GROUP
from cumulo.api.network.security_group_rules.view import ATTRIBUTES, rule_view
from cumulo.api.network.security_groups.handlers import KIND as GROUP
from cumulo.api.network.security_groups.handlers import is_visible as visible_groups
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_security import security_group, security_group_rule
from cumulo.network import quotas, security_groups

Row = dict[str, Any]


def is_visible(request: Request) -> standard.Conditions:
    """Visible are the rules of visible groups."""
    groups = visible_groups(request)
    return [security_group_rule.c.security_group_id.in_(sa.select(security_group.c.id).where(*groups))] if groups else []


KIND = standard.Kind(
    "security_group_rule", "security_group_rules", "security_group_rule_id", "network:security_group_rules",
    security_group_rule, security_groups.list_rules, rule_view, ATTRIBUTES, is_visible, security_groups.rule_not_found)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    resource.project_of(request, connection, body, "network:security_group_rules:create")
    group = standard.plain(GROUP, request, connection, body["security_group_id"])
    request.authorize("network:security_group_rules:create", {"project_id": group["project_id"]})
    for name, kind in (("remote_group_id", GROUP), ("remote_address_group_id", ADDRESS_GROUP)):
        if body.get(name):
            standard.plain(kind, request, connection, body[name])
    quotas.reserve(connection, request.services.conf, group["project_id"], "security_group_rule")
    return security_groups.create_rule(connection, request.services.ids, now, project_id=group["project_id"],
                                       group_id=group["id"], values=body)


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return security_groups.update_rule(connection, now, row["id"], body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    security_groups.delete_rule(connection, now, row["id"])


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    return security_groups.hosts_of_groups(connection, {row["security_group_id"] for row in rows})


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned)
