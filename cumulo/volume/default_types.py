"""The type of a project's new volumes for which nobody names one: its own where it was given one, else the configured one."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_default_type, volume_type

Row = Mapping[str, Any]
_TYPE_OF_PROJECT = sa.select(volume_default_type.c.type_id).where(volume_default_type.c.project_id == sa.bindparam("whose"))


def not_found(project_id: str) -> errors.NotFound:
    """The error for a project that was given no default type."""
    return errors.NotFound(f"Default type for project {project_id[:64]} not found.")


def of_project(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str) -> str | None:
    """Return the id or name of the type of a project's volumes; None where they have none."""
    return connection.execute(_TYPE_OF_PROJECT, {"whose": project_id}).scalar() or conf.volume.default_type or None


def get(connection: sa.Connection, project_id: str) -> Row:
    """Return what a project was given; raises NotFound."""
    row = connection.execute(sa.select(volume_default_type).where(
        volume_default_type.c.project_id == project_id)).mappings().first()
    if row is None:
        raise not_found(project_id)
    return row


def all_of_them(connection: sa.Connection) -> list[Row]:
    """Return what every project was given that was given one."""
    return list(connection.execute(sa.select(volume_default_type).order_by(volume_default_type.c.project_id)).mappings())


def give(connection: sa.Connection, project_id: str, type_id: str) -> None:
    """Give a project, which the caller holds, a default type."""
    connection.execute(sa.delete(volume_default_type).where(volume_default_type.c.project_id == project_id))
    connection.execute(sa.insert(volume_default_type).values(project_id=project_id, type_id=type_id))


def take(connection: sa.Connection, project_id: str) -> bool:
    """Take it back and say whether there was one."""
    gone = connection.execute(sa.delete(volume_default_type).where(volume_default_type.c.project_id == project_id))
    return gone.rowcount > 0


def refuse_default(connection: sa.Connection, conf: cfg.ConfigOpts, row: Row) -> None:
    """Raise BadRequest for a type that is the default one of a project or of all."""
    of = sa.select(volume_default_type.c.project_id).join(
        volume_type, volume_type.c.id == volume_default_type.c.type_id).where(volume_type.c.id == row["id"]).limit(1)
    if row["name"] == conf.volume.default_type or connection.execute(of).first() is not None:
        raise errors.BadRequest(f"Volume type {row['id']} is a default type: choose another one first.")
