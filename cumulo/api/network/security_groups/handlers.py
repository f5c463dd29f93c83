"""Security groups: who sees and uses them (KIND, usable), and how they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api import default_group
from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.security_groups.view import ATTRIBUTES, group_view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_security import security_group
from cumulo.network import quotas, security_groups

Row = dict[str, Any]


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own groups and those that others share; all for an administrator."""
    return standard.own_or_shared(request, "network:security_groups:get:all", security_group, "security_group")


KIND = standard.Kind(
    "security_group", "security_groups", "security_group_id", "network:security_groups", security_group,
    security_groups.list_groups, group_view, ATTRIBUTES, is_visible, security_groups.not_found)


def index(request: Request) -> Row:
    """The groups the caller may use; a project has its default group from the first time it looks."""
    listed = standard.index(KIND, request)
    return standard.index(KIND, request) if default_group.has_been_made(request) else listed


def usable(request: Request, connection: sa.Connection, group_ids: Iterable[str]) -> list[str]:
    """The ids of groups that the caller may use, each once; raises NotFound for the first that is not there for them."""
    wanted = list(dict.fromkeys(group_ids))
    if not wanted:
        return []
    there = set(connection.execute(sa.select(security_group.c.id).where(
        security_group.c.id.in_(wanted), *is_visible(request))).scalars())
    for group_id in wanted:
        if group_id not in there:
            raise security_groups.not_found(group_id)
    return wanted


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:security_groups:create")
    quotas.reserve(connection, request.services.conf, project_id, "security_group")
    return security_groups.create_group(connection, request.services.ids, now, project_id=project_id,
                                        values=resource.columns(body, {}))


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return security_groups.update_group(connection, now, row["id"], body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    security_groups.delete_group(connection, row["id"], may_be_default=request.may("network:security_groups:delete:default"))


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    return security_groups.hosts_of_groups(connection, {row["id"] for row in rows})


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned)
