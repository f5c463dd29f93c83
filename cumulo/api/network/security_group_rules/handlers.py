"""Rules of security groups: list, create, show, describe, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import resource, standard
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


def index(request: Request) -> Row:
    """The rules of the groups the caller may use."""
    return standard.index(KIND, request)


def create(request: Request) -> Row:
    """One rule, or many at once."""
    return resource.create(
        request, "security_group_rule", "security_group_rules",
        lambda connection, now, body: _create(request, connection, now, body), rule_view,
        lambda connection, rows: security_groups.hosts_of_groups(connection, {each["security_group_id"] for each in rows}))


def show(request: Request) -> Row:
    """One rule; raises NotFound."""
    return standard.show(KIND, request)


def update(request: Request) -> Row:
    """Describe a rule."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "update")
        row = security_groups.update_rule(connection, database.now(connection), row["id"],
                                          request.body["security_group_rule"])
    return {"security_group_rule": rule_view(request, row)}


def delete(request: Request) -> None:
    """Delete a rule."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "delete")
        security_groups.delete_rule(connection, database.now(connection), row["id"])
        hosts = security_groups.hosts_of_groups(connection, [row["security_group_id"]])
    resource.ring(request, hosts)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    resource.project_of(request, connection, body, "network:security_group_rules:create")
    group = standard.found(GROUP, request, connection, body["security_group_id"])
    request.authorize("network:security_group_rules:create", {"project_id": group["project_id"]})
    for name, kind in (("remote_group_id", GROUP), ("remote_address_group_id", ADDRESS_GROUP)):
        if body.get(name):
            standard.found(kind, request, connection, body[name])
    quotas.reserve(connection, request.services.conf, group["project_id"], "security_group_rule")
    return security_groups.create_rule(connection, request.services.ids, now, project_id=group["project_id"],
                                       group_id=group["id"], values=body)
