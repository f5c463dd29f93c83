"""Roles: names that policy rules test, and which of them imply others."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import rows
from cumulo.identity.model import Role, target_of
from cumulo.identity.revocations import Recorder

CLASH = "A role with this name exists already."
FILTERS = ("id", "name")
WHOLE_CLOUD = ""
"""What the table has for the domain of a role that belongs to none."""


def find(connection: sa.Connection, role_id: str) -> Role | None:
    """Return a role, or None."""
    row = connection.execute(_roles().where(tables.role.c.id == role_id)).one_or_none()
    return None if row is None else of_row(row)


def get(connection: sa.Connection, role_id: str) -> Role:
    """Return a role; raises NotFound."""
    role = find(connection, role_id)
    if role is None:
        raise errors.NotFound(f"Could not find role: {role_id}.")
    return role


def listed(connection: sa.Connection, query: Mapping[str, str]) -> list[Role]:
    """Return the roles that fit a query string, by name: those of the domain it names, else the whole cloud's."""
    table = tables.role
    return [of_row(row) for row in connection.execute(
        _roles().where(table.c.domain_id == (query.get("domain_id") or WHOLE_CLOUD),
                       *rows.conditions(table, FILTERS, query)).order_by(table.c.name))]


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Role:
    """Insert a role and return it; raises BadRequest for an unknown domain, Conflict for a name in use."""
    domain_id = values.get("domain_id") or WHOLE_CLOUD
    domain = tables.domain
    if domain_id and connection.execute(sa.select(domain.c.id).where(domain.c.id == domain_id)).first() is None:
        raise errors.BadRequest(f"Could not find domain: {domain_id}.")
    row = {"id": rows.new_id(ids), "name": values["name"], "description": values.get("description"),
           "created_at": now, "domain_id": domain_id}
    rows.insert(connection, tables.role, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, role_id: str, values: Mapping[str, Any]) -> Role:
    """Change a role's name or description."""
    before = get(connection, role_id)
    if values.get("domain_id", before.domain_id) != before.domain_id:
        raise errors.BadRequest("A role's domain cannot be changed.")
    rows.update(connection, tables.role, role_id,
                {name: values[name] for name in ("name", "description") if name in values}, CLASH)
    record.change()
    return get(connection, role_id)


def delete(connection: sa.Connection, record: Recorder, role_id: str) -> None:
    """Delete a role; tokens of the users who had it, for where they had it, are refused."""
    get(connection, role_id)
    table, of_groups, implies = tables.assignment, tables.group_assignment, tables.role_implication
    held = connection.execute(sa.select(table.c.user_id, table.c.target_kind, table.c.target_id)
                              .where(table.c.role_id == role_id).distinct()).all()
    connection.execute(sa.delete(table).where(table.c.role_id == role_id))
    connection.execute(sa.delete(of_groups).where(of_groups.c.role_id == role_id))
    connection.execute(sa.delete(implies).where(
        sa.or_(implies.c.prior_role_id == role_id, implies.c.implied_role_id == role_id)))
    rows.delete(connection, sa.delete(tables.role).where(tables.role.c.id == role_id),
                "The role has just been given to somebody.")
    record.change()
    for user_id, kind, target_id in held:
        target = target_of(kind, target_id)
        if not target.is_inherited:
            record.grant(user_id, target.scope)


def of_row(row: "sa.Row[Any]") -> Role:
    """Return the role of a row."""
    return Role(row.id, row.name, row.description, row.domain_id or None)


def _roles() -> "sa.Select[Any]":
    return sa.select(tables.role)
