"""Flavors: everybody sees them, the administrator makes them and says which ways they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.service_profiles.handlers import KIND as PROFILE
from cumulo.api.network.service_profiles.handlers import profile_view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_flavor import network_flavor
from cumulo.network import flavors, revisions

Row = dict[str, Any]
ATTRIBUTES = ("id", "name", "description", "service_type", "enabled", "service_profiles", "revision_number")


def is_visible(request: Request) -> standard.Conditions:
    """They are everybody's."""
    return []


def flavor_view(request: Request, row: Row) -> Row:
    """Every attribute."""
    return {name: row[name] for name in ATTRIBUTES}


KIND = standard.Kind("flavor", "flavors", "network_flavor_id", "network:flavors", network_flavor, flavors.list_flavors, flavor_view,
                     ATTRIBUTES, is_visible, flavors.not_found)


def add_profile(request: Request) -> Row:
    """Let a flavor stand for a way."""
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(KIND, request, connection, "update:profiles")
        profile = standard.found(PROFILE, request, connection, request.body["service_profile"]["id"])
        flavors.bind(connection, row, profile["id"])
    return {"service_profile": profile_view(request, profile)}


def remove_profile(request: Request) -> None:
    """Let it stand for the way no longer."""
    with request.services.database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(KIND, request, connection, "update:profiles")
        profile = standard.found(PROFILE, request, connection, request.params["service_profile_id"])
        flavors.unbind(connection, row, profile["id"])


def next_provider(request: Request) -> Row:
    """Which provider a router of a flavor would get now."""
    with request.services.database.read() as connection:
        name = flavors.provider(connection, standard.found(KIND, request, connection, request.params["network_flavor_id"]))
    return {"next_providers": [{"driver": name, "provider": name}]}


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    return flavors.create_flavor(connection, request.services.ids, now, body)


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return flavors.update_flavor(connection, now, row["id"], body)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    flavors.delete_flavor(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
