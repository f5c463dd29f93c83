"""Types of groups: what users may choose between. A private one is for administrators."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.db.absent import insert_if_absent
from cumulo.common.db.tables.volume import volume_group, volume_group_type
from cumulo.common.ids import Ids

Row = Mapping[str, Any]
CONSISTENT = "consistent_group_snapshot_enabled"
TRUE = "<is> true"
OLDER = "default_cgsnapshot_type"
"""The name of the type of those groups that older clients make, and call consistency groups. It makes itself."""


def not_found(type_id: str) -> errors.NotFound:
    """The error for a group type that is not there, or not there for the caller."""
    return errors.NotFound(f"Group type {type_id[:64]} could not be found.")


def visible(is_admin: bool) -> sa.ColumnElement[bool]:
    """Return which group types a caller may use."""
    return sa.true() if is_admin else volume_group_type.c.is_public


def named(connection: sa.Connection, text: str, *, is_admin: bool, lock: bool = True) -> Row:
    """Return the group type of this id or name, held until the transaction ends; raises NotFound."""
    is_it = sa.or_(volume_group_type.c.id == text, volume_group_type.c.name == text)
    query = sa.select(volume_group_type).where(is_it, visible(is_admin)).order_by((volume_group_type.c.id == text).desc()).limit(1)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise not_found(text)
    return row


def get(connection: sa.Connection, type_id: str, *, is_admin: bool, lock: bool = False) -> Row:
    """Return a group type; raises NotFound."""
    query = sa.select(volume_group_type).where(volume_group_type.c.id == type_id, visible(is_admin))
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise not_found(type_id)
    return row


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Row:
    """Make a group type; raises Conflict for a name that is taken."""
    row = {"id": ids.new_id(), "created_at": now, "updated_at": now, **values}
    try:
        connection.execute(sa.insert(volume_group_type).values(row))
    except IntegrityError as failure:
        raise _taken(values["name"]) from failure
    return row


def older(connection: sa.Connection, ids: Ids, now: float) -> Row:
    """Return the type of the groups that older clients make, held until the transaction ends."""
    insert_if_absent(connection, volume_group_type, {
        "id": ids.new_id(), "name": OLDER, "description": "Groups made by older clients", "is_public": True,
        "group_specs": {CONSISTENT: "<is> True"}, "created_at": now, "updated_at": now})
    return named(connection, OLDER, is_admin=True)


def is_older() -> sa.ColumnElement[bool]:
    """Return the condition that a group is one that older clients know, for a query over groups."""
    return volume_group.c.group_type_id == sa.select(volume_group_type.c.id).where(
        volume_group_type.c.name == OLDER).scalar_subquery()


def update(connection: sa.Connection, now: float, type_id: str, values: Mapping[str, Any]) -> None:
    """Change a group type; raises Conflict for a name that is taken."""
    try:
        connection.execute(sa.update(volume_group_type).where(volume_group_type.c.id == type_id).values(updated_at=now, **values))
    except IntegrityError as failure:
        raise _taken(values["name"]) from failure


def delete(connection: sa.Connection, type_id: str) -> None:
    """Remove a group type, which the caller holds; raises BadRequest while a group has it."""
    if connection.execute(sa.select(volume_group.c.id).where(volume_group.c.group_type_id == type_id).limit(1)).first() is not None:
        raise errors.BadRequest(f"Target group type is still in use: {type_id}.")
    connection.execute(sa.delete(volume_group_type).where(volume_group_type.c.id == type_id))


def is_consistent(specs: Mapping[str, str]) -> bool:
    """Say whether the snapshots of a group of a type with these specs must be of one moment."""
    return str(specs.get(CONSISTENT, "")).lower() == TRUE


def _taken(name: str) -> errors.Conflict:
    return errors.Conflict(f"Group Type {name} already exists.")
