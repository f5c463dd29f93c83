"""Limits of volumes that somebody set: of a project, and of the class that every project begins with."""

from collections.abc import Mapping

import sqlalchemy as sa

from cumulo.common.db.tables.volume import volume_quota, volume_quota_class

DEFAULT = "default"
"""The class whose limits every project has that was given none."""
# Statements of every request, built once: that costs more than running them.
_OF_PROJECT = sa.select(volume_quota.c.resource, volume_quota.c.most).where(volume_quota.c.project_id == sa.bindparam("whose"))
_OF_CLASS = sa.select(volume_quota_class.c.resource, volume_quota_class.c.most).where(
    volume_quota_class.c.name == sa.bindparam("whose"))


def of_project(connection: sa.Connection, project_id: str) -> dict[str, int]:
    """Return the limits that were set for a project, by the API's names."""
    return _read(connection, _OF_PROJECT, project_id)


def of_class(connection: sa.Connection, name: str) -> dict[str, int]:
    """Return the limits that were set for a class."""
    return _read(connection, _OF_CLASS, name)


def set_project(connection: sa.Connection, project_id: str, limits: Mapping[str, int]) -> None:
    """Set some limits of a project; the caller holds the project."""
    _write(connection, volume_quota, volume_quota.c.project_id, project_id, limits)


def set_class(connection: sa.Connection, name: str, limits: Mapping[str, int]) -> None:
    """Set some limits of a class."""
    _write(connection, volume_quota_class, volume_quota_class.c.name, name, limits)


def forget_project(connection: sa.Connection, project_id: str) -> None:
    """Give a project the limits back that everybody has."""
    connection.execute(sa.delete(volume_quota).where(volume_quota.c.project_id == project_id))


def _read(connection: sa.Connection, limits: sa.Select[tuple[str, int]], whose: str) -> dict[str, int]:
    return dict(connection.execute(limits, {"whose": whose}).all())


def _write(connection: sa.Connection, table: sa.Table, key: "sa.Column[str]", value: str, limits: Mapping[str, int]) -> None:
    for resource, most in sorted(limits.items()):
        connection.execute(sa.delete(table).where(key == value, table.c.resource == resource))
        connection.execute(sa.insert(table).values({key.name: value, "resource": resource, "most": most}))
