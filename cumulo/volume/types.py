"""Types of volumes: what users may choose between, and what each asks of a backend.

An extra spec without a scope, or in the scope "capabilities", is what a backend must say of itself; others are of no
concern to placement. A private type is for the projects that were given access.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.db.absent import insert_if_absent
from cumulo.common.db.tables.volume import volume, volume_group_volume_type, volume_type, volume_type_access
from cumulo.common.ids import Ids
from cumulo.volume import default_types

Row = Mapping[str, Any]
MULTIATTACH = "multiattach"
TRUE = "<is> true"
_NAMED = 10  # of the volumes that keep a type from being deleted


def not_found(type_id: str) -> errors.NotFound:
    """The error for a type that is not there, or not there for the caller."""
    return errors.NotFound(f"Volume type {type_id[:64]} could not be found.")


def visible(project_id: str | None) -> sa.ColumnElement[bool]:
    """Return which types a project may use; None: all of them."""
    if project_id is None:
        return sa.true()
    mine = sa.select(volume_type_access.c.type_id).where(volume_type_access.c.project_id == project_id)
    return sa.or_(volume_type.c.is_public, volume_type.c.id.in_(mine))


def get_type(connection: sa.Connection, type_id: str, project_id: str | None, *, lock: bool = False) -> Row:
    """Return a type that a project may use (None: any); raises NotFound."""
    query = sa.select(volume_type).where(volume_type.c.id == type_id, visible(project_id))
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise not_found(type_id)
    return row


def named(connection: sa.Connection, text: str, project_id: str | None, *, lock: bool = True) -> Row:
    """Return the type of this id or name, held until the transaction ends unless told otherwise; raises NotFound."""
    query = sa.select(volume_type).where(sa.or_(volume_type.c.id == text, volume_type.c.name == text), visible(project_id))
    first = query.order_by((volume_type.c.id == text).desc()).limit(1)
    row = connection.execute(first.with_for_update() if lock else first).mappings().first()
    if row is None:
        raise not_found(text)
    return row


def list_types(connection: sa.Connection, *where: sa.ColumnElement[bool], order: list[Any] | None = None,
               limit: int | None = None) -> list[Row]:
    """Return types, by name unless told otherwise."""
    query = sa.select(volume_type).where(*where).order_by(*(order or [volume_type.c.name, volume_type.c.id])).limit(limit)
    return list(connection.execute(query).mappings())


def create_type(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Row:
    """Make a type; raises Conflict for a name that is taken."""
    row = {"id": ids.new_id(), "qos_specs_id": None, "created_at": now, "updated_at": now, **values}
    try:
        connection.execute(sa.insert(volume_type).values(row))
    except IntegrityError as failure:
        raise _taken(values["name"]) from failure
    return row


def update_type(connection: sa.Connection, now: float, type_id: str, values: Mapping[str, Any]) -> None:
    """Change a type; raises Conflict for a name that is taken."""
    try:
        connection.execute(sa.update(volume_type).where(volume_type.c.id == type_id).values(updated_at=now, **values))
    except IntegrityError as failure:
        raise _taken(values["name"]) from failure


def _taken(name: str) -> errors.Conflict:
    return errors.Conflict(f"Volume type {name} already exists.")


def delete_type(connection: sa.Connection, conf: cfg.ConfigOpts, type_id: str) -> None:
    """Remove a type that no volume has, and that is nobody's default; raises NotFound, BadRequest."""
    default_types.refuse_default(connection, conf, get_type(connection, type_id, None, lock=True))
    query = sa.select(volume.c.id).where(volume.c.type_id == type_id).order_by(volume.c.id).limit(_NAMED)
    users = list(connection.execute(query).scalars())
    if users:
        raise errors.BadRequest(f"Volume type {type_id} is in use by volumes: {', '.join(users)}.")
    of = sa.select(volume_group_volume_type.c.group_id).where(volume_group_volume_type.c.type_id == type_id).limit(1)
    if connection.execute(of).first() is not None:
        raise errors.BadRequest(f"Volume type {type_id} is one of those of a group.")
    connection.execute(sa.delete(volume_type).where(volume_type.c.id == type_id))


def access_of(connection: sa.Connection, type_id: str) -> list[str]:
    """Return the projects that may use a private type."""
    query = sa.select(volume_type_access.c.project_id).where(volume_type_access.c.type_id == type_id)
    return list(connection.execute(query.order_by(volume_type_access.c.project_id)).scalars())


def give_access(connection: sa.Connection, type_id: str, project_id: str) -> None:
    """Let a project use a private type; raises Conflict where it may already."""
    if project_id in access_of(connection, type_id):
        raise errors.Conflict(f"Project {project_id[:64]} has access to volume type {type_id} already.")
    insert_if_absent(connection, volume_type_access, {"type_id": type_id, "project_id": project_id})


def take_access(connection: sa.Connection, type_id: str, project_id: str) -> None:
    """Take that back; raises NotFound."""
    gone = connection.execute(sa.delete(volume_type_access).where(
        volume_type_access.c.type_id == type_id, volume_type_access.c.project_id == project_id))
    if gone.rowcount == 0:
        raise errors.NotFound(f"Project {project_id[:64]} has no access to volume type {type_id}.")


def names_of(connection: sa.Connection, type_ids: list[str]) -> dict[str, str]:
    """Return the names of types by id: one query for a list page."""
    if not type_ids:
        return {}
    rows = connection.execute(sa.select(volume_type.c.id, volume_type.c.name).where(volume_type.c.id.in_(type_ids)))
    return dict(rows.all())


def is_multiattach(specs: Mapping[str, str]) -> bool:
    """Say whether volumes of a type with these extra specs may have several attachments at once."""
    return str(specs.get(MULTIATTACH, "")).lower() == TRUE


def wanted_capabilities(specs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what these extra specs ask of a backend: (name, what it must say)."""
    found = {}
    for key, value in specs.items():
        scope, colon, name = key.partition(":")
        if not colon or scope == "capabilities":
            found[name if colon else key] = value
    return tuple(sorted(found.items()))
