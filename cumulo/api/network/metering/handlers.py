"""Metering labels and their rules: who sees them, and how they come and go; neither changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_metering import metering_label, metering_label_rule
from cumulo.common.db.tables.network_router import router
from cumulo.network import metering, routers

Row = dict[str, Any]
_LABEL = ("id", "name", "description", "shared", "project_id")
_RULE = ("id", "metering_label_id", "direction", "excluded", "remote_ip_prefix", "source_ip_prefix",
         "destination_ip_prefix")


def are_visible_labels(request: Request) -> standard.Conditions:
    """Visible are one's own labels and shared ones; all for an administrator."""
    if request.may("network:metering_labels:get:all"):
        return []
    return [sa.or_(metering_label.c.project_id == (request.context.project_id or ""),
                   metering_label.c.shared.is_(sa.true()))]


def label_view(request: Request, row: Row) -> Row:
    """Every attribute of a label."""
    return {name: row[name] for name in _LABEL} | {"tenant_id": row["project_id"]}


def rule_view(request: Request, row: Row) -> Row:
    """Every attribute of a rule."""
    return {name: row[name] for name in _RULE}


LABEL = standard.Kind("metering_label", "metering_labels", "metering_label_id", "network:metering_labels", metering_label,
                      metering.list_labels, label_view, (*_LABEL, "tenant_id"), are_visible_labels,
                      metering.label_not_found)
RULE = standard.Kind("metering_label_rule", "metering_label_rules", "metering_label_rule_id",
                     "network:metering_label_rules", metering_label_rule, metering.list_rules, rule_view, _RULE,
                     are_visible_labels, metering.rule_not_found)


def _create_label(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:metering_labels:create")
    return metering.create_label(connection, request.services.ids, now, project_id=project_id,
                                 values=resource.columns(body, {}))


def _delete_label(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    metering.delete_label(connection, row)


def _create_rule(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    label = standard.found(LABEL, request, connection, body["metering_label_id"])
    request.authorize("network:metering_label_rules:create", {"project_id": label["project_id"]})
    return metering.create_rule(connection, request.services.ids, now, label,
                                resource.columns(body, {}, without=("metering_label_id",)))


def _delete_rule(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    metering.delete_rule(connection, row)


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """The hosts of the routers that count under the labels."""
    where = [] if any(row["shared"] for row in rows) else [router.c.project_id.in_([row["project_id"] for row in rows])]
    return routers.hosts_of_routers(connection, connection.execute(sa.select(router.c.id).where(*where)).scalars())


LABELS = lifecycle.Changes(_create_label, None, _delete_label, _concerned)
RULES = lifecycle.Changes(_create_rule, None, _delete_rule, _concerned)
