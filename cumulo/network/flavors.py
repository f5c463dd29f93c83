"""Flavors of routers: the ways to provide them, and what a flavor makes of a router. Callers hold the lock of `revisions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.rows import dicts
from cumulo.common.db.tables.network_flavor import network_flavor, network_flavor_profile, service_profile
from cumulo.common.db.tables.network_router import router
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids

Row = dict[str, Any]

ROUTERS = "L3_ROUTER_NAT"
"""The one type of service that has providers."""
PROVIDERS = {"distributed": True, "centralized": False}
"""Ways to provide routers, by what each makes of a router's `distributed`."""
_NO_PROJECT = {"project_id": ""}


def list_flavors(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every flavor that meets the conditions, with the ids of its `service_profiles`, oldest first."""
    rows = dicts(connection.execute(sa.select(network_flavor).where(*where)))
    held: dict[str, list[str]] = {row["id"]: [] for row in rows}
    statement = (sa.select(network_flavor_profile.c.flavor_id, service_profile.c.id)
                 .join(service_profile, service_profile.c.id == network_flavor_profile.c.service_profile_id)
                 .order_by(service_profile.c.created_at, service_profile.c.id))
    for flavor_id, profile_id in connection.execute(statement).all() if rows else ():
        if flavor_id in held:
            held[flavor_id].append(profile_id)
    return [row | _NO_PROJECT | {"service_profiles": held[row["id"]]} for row in rows]


def list_profiles(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every service profile that meets the conditions."""
    return [row | _NO_PROJECT for row in dicts(connection.execute(sa.select(service_profile).where(*where)))]


def not_found(flavor_id: str) -> errors.NotFound:
    """The error for a flavor that is not there."""
    return errors.NotFound(f"Flavor {flavor_id} could not be found.", kind="FlavorNotFound")


def profile_not_found(profile_id: str) -> errors.NotFound:
    """The error for a service profile that is not there, or not there for the caller."""
    return errors.NotFound(f"Service Profile {profile_id} could not be found.", kind="ServiceProfileNotFound")


def create_flavor(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Row:
    """Insert a flavor that stands for no way yet."""
    return _insert(connection, network_flavor, ids, now, {"name": "", "description": "", "enabled": True} | dict(values)) | {
        "service_profiles": []}


def create_profile(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Row:
    """Insert a service profile."""
    return _insert(connection, service_profile, ids, now, {"description": "", "metainfo": "", "enabled": True} | dict(values))


def update_flavor(connection: sa.Connection, now: float, flavor_id: str, values: Mapping[str, Any]) -> Row:
    """Change what is said of a flavor; routers that are there stay as they are."""
    _write(connection, network_flavor, now, flavor_id, values)
    return list_flavors(connection, network_flavor.c.id == flavor_id)[0]


def update_profile(connection: sa.Connection, now: float, row: Row, values: Mapping[str, Any]) -> Row:
    """Change a service profile; raises Conflict while a flavor stands for it."""
    _check_unused(connection, row["id"])
    _write(connection, service_profile, now, row["id"], values)
    return list_profiles(connection, service_profile.c.id == row["id"])[0]


def delete_flavor(connection: sa.Connection, flavor_id: str) -> None:
    """Delete a flavor; raises Conflict (FlavorInUse) while a router is of it."""
    if connection.execute(sa.select(router.c.id).where(router.c.flavor_id == flavor_id).limit(1)).first():
        conflicts.meet("delete a network flavor", "a router of it", errors.Conflict(
            f"Flavor {flavor_id} is used by some service instance.", kind="FlavorInUse"))
    connection.execute(sa.delete(network_flavor_profile).where(network_flavor_profile.c.flavor_id == flavor_id))
    connection.execute(sa.delete(network_flavor).where(network_flavor.c.id == flavor_id))


def delete_profile(connection: sa.Connection, profile_id: str) -> None:
    """Delete a service profile; raises Conflict (ServiceProfileInUse) while a flavor stands for it."""
    _check_unused(connection, profile_id)
    connection.execute(sa.delete(service_profile).where(service_profile.c.id == profile_id))


def bind(connection: sa.Connection, flavor_row: Row, profile_id: str) -> None:
    """Let a flavor stand for a way; raises Conflict where it does already."""
    if profile_id in flavor_row["service_profiles"]:
        conflicts.meet("give a network flavor a profile", "the same profile", errors.Conflict(
            f"Service Profile {profile_id} is already associated with flavor {flavor_row['id']}.",
            kind="FlavorServiceProfileBindingExists"))
    connection.execute(sa.insert(network_flavor_profile).values(flavor_id=flavor_row["id"], service_profile_id=profile_id))


def unbind(connection: sa.Connection, flavor_row: Row, profile_id: str) -> None:
    """Let it stand for the way no longer; raises NotFound where it does not."""
    gone = connection.execute(sa.delete(network_flavor_profile).where(
        network_flavor_profile.c.flavor_id == flavor_row["id"],
        network_flavor_profile.c.service_profile_id == profile_id)).rowcount
    if not gone:
        raise errors.NotFound(f"Service Profile {profile_id} is not associated with flavor {flavor_row['id']}.",
                              kind="FlavorServiceProfileBindingNotFound")


def provider(connection: sa.Connection, flavor_row: Row) -> str:
    """The provider of what is created of a flavor; raises Conflict where it is disabled or stands for no enabled way."""
    if not flavor_row["enabled"]:
        raise errors.Conflict(f"Flavor {flavor_row['id']} is not enabled.", kind="FlavorDisabled")
    driver = connection.execute(sa.select(service_profile.c.driver).where(
        service_profile.c.id.in_(flavor_row["service_profiles"]), service_profile.c.enabled.is_(sa.true()))
        .order_by(service_profile.c.created_at, service_profile.c.id).limit(1)).scalar()
    if driver is None:
        raise errors.Conflict(f"Flavor {flavor_row['id']} has no enabled service profile.", kind="ServiceProfileDisabled")
    return str(driver)


def _insert(connection: sa.Connection, table: sa.Table, ids: Ids, now: float, values: Row) -> Row:
    row = values | {"id": ids.new_id(), "created_at": now, "updated_at": now, "revision_number": 1}
    connection.execute(sa.insert(table), row)
    return row | _NO_PROJECT


def _write(connection: sa.Connection, table: sa.Table, now: float, wanted: str, values: Mapping[str, Any]) -> None:
    connection.execute(sa.update(table).where(table.c.id == wanted).values(
        updated_at=now, revision_number=table.c.revision_number + 1, **values))


def _check_unused(connection: sa.Connection, profile_id: str) -> None:
    held = sa.select(network_flavor_profile.c.flavor_id).where(network_flavor_profile.c.service_profile_id == profile_id)
    if connection.execute(held.limit(1)).first():
        conflicts.meet("change or delete a service profile", "a network flavor with it", errors.Conflict(
            f"Service Profile {profile_id} is used by some service instance.", kind="ServiceProfileInUse"))
