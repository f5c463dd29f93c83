"""Service profiles: the administrator's alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, standard
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_flavor import service_profile
from cumulo.network import flavors

Row = dict[str, Any]
ATTRIBUTES = ("id", "description", "driver", "metainfo", "enabled", "revision_number")


def is_visible(request: Request) -> standard.Conditions:
    """An administrator sees them, nobody else."""
    return [] if request.may("network:service_profiles:get:all") else [sa.false()]


def profile_view(request: Request, row: Row) -> Row:
    """Every attribute."""
    return {name: row[name] for name in ATTRIBUTES}


KIND = standard.Kind("service_profile", "service_profiles", "service_profile_id", "network:service_profiles", service_profile,
                     flavors.list_profiles, profile_view, ATTRIBUTES, is_visible, flavors.profile_not_found)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    return flavors.create_profile(connection, request.services.ids, now, body)


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return flavors.update_profile(connection, now, row, body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    flavors.delete_profile(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
