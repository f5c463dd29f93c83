"""Roles: names that policy rules test, and which of them imply others."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import rows
from cumulo.identity.model import Role, Scope
from cumulo.identity.revocations import Recorder

CLASH = "A role with this name exists already."
FILTERS = ("id", "name")


def find(connection: sa.Connection, role_id: str) -> Role | None:
    """Return a role, or None."""
    row = connection.execute(_roles().where(tables.role.c.id == role_id)).one_or_none()
    return None if row is None else _role(row)


def get(connection: sa.Connection, role_id: str) -> Role:
    """Return a role; raises NotFound."""
    role = find(connection, role_id)
    if role is None:
        raise errors.NotFound(f"Could not find role: {role_id}.")
    return role


def listed(connection: sa.Connection, query: Mapping[str, str]) -> list[Role]:
    """Return the roles that fit a query string, by name."""
    table = tables.role
    return [_role(row) for row in connection.execute(
        _roles().where(*rows.conditions(table, FILTERS, query)).order_by(table.c.name))]


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Role:
    """Insert a role and return it; raises Conflict for a name in use."""
    row = {"id": rows.new_id(ids), "name": values["name"], "description": values.get("description"),
           "created_at": now}
    rows.insert(connection, tables.role, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, role_id: str, values: Mapping[str, Any]) -> Role:
    """Change a role's name or description."""
    get(connection, role_id)
    rows.update(connection, tables.role, role_id,
                {name: values[name] for name in ("name", "description") if name in values}, CLASH)
    record.change()
    return get(connection, role_id)


def delete(connection: sa.Connection, record: Recorder, role_id: str) -> None:
    """Delete a role; tokens for the targets where anybody had it are refused."""
    get(connection, role_id)
    table, implies = tables.assignment, tables.role_implication
    held = connection.execute(sa.select(table.c.user_id, table.c.target_kind, table.c.target_id)
                              .where(table.c.role_id == role_id).distinct()).all()
    connection.execute(sa.delete(table).where(table.c.role_id == role_id))
    connection.execute(sa.delete(implies).where(
        sa.or_(implies.c.prior_role_id == role_id, implies.c.implied_role_id == role_id)))
    rows.delete(connection, sa.delete(tables.role).where(tables.role.c.id == role_id),
                "The role has just been given to somebody.")
    record.change()
    for user_id, kind, target_id in held:
        record.grant(user_id, Scope(kind, target_id))


def _roles() -> "sa.Select[Any]":
    return sa.select(tables.role.c.id, tables.role.c.name, tables.role.c.description)


def _role(row: "sa.Row[Any]") -> Role:
    return Role(row.id, row.name, row.description)
