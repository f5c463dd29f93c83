"""Groups: users of any domain who have roles together."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import projects, rows, users
from cumulo.identity.model import Group, User
from cumulo.identity.revocations import Recorder

CLASH = "A group with this name exists already in the domain."
FILTERS = ("id", "name", "domain_id")
COLUMNS = ("name", "description")
FIXED = ("domain_id",)


def find(connection: sa.Connection, group_id: str) -> Group | None:
    """Return a group, or None."""
    row = connection.execute(sa.select(tables.group).where(tables.group.c.id == group_id)).one_or_none()
    return None if row is None else _group(row)


def get(connection: sa.Connection, group_id: str) -> Group:
    """Return a group; raises NotFound."""
    found = find(connection, group_id)
    if found is None:
        raise errors.NotFound(f"Could not find group: {group_id}.")
    return found


def listed(connection: sa.Connection, query: Mapping[str, str], *, user_id: str | None = None) -> list[Group]:
    """Return the groups that fit a query string, by name; user_id restricts them to those the user is in."""
    table = tables.group
    statement = sa.select(table).where(*rows.conditions(table, FILTERS, query)).order_by(table.c.name, table.c.id)
    if user_id is not None:
        own = sa.select(tables.membership.c.group_id).where(tables.membership.c.user_id == user_id)
        statement = statement.where(table.c.id.in_(own))
    return [_group(row) for row in connection.execute(statement)]


def create(connection: sa.Connection, ids: Ids, now: float, domain_id: str, values: Mapping[str, Any]) -> Group:
    """Insert a group and return it; raises NotFound for an unknown domain, Conflict for a name in use."""
    if connection.execute(sa.select(tables.domain.c.id).where(tables.domain.c.id == domain_id)).first() is None:
        raise errors.NotFound(f"Could not find domain: {domain_id}.")
    row = {"id": rows.new_id(ids), "created_at": now, "domain_id": domain_id, "name": values["name"],
           "description": values.get("description") or "", "extra": projects.extra_of(values, COLUMNS + FIXED)}
    rows.insert(connection, tables.group, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, group_id: str, values: Mapping[str, Any]) -> Group:
    """Change a group's name, description or a client's own attributes."""
    before = get(connection, group_id)
    if values.get("domain_id") not in (None, before.domain_id):
        raise errors.BadRequest("A group's domain cannot be changed.")
    changes: dict[str, Any] = {name: values[name] or "" for name in COLUMNS if name in values}
    changes["extra"] = before.extra | projects.extra_of(values, COLUMNS + FIXED)
    rows.update(connection, tables.group, group_id, changes, CLASH)
    return get(connection, group_id)


def delete(connection: sa.Connection, record: Recorder, group_id: str) -> None:
    """Delete a group and its roles: what its users have by them alone, they have no more."""
    get(connection, group_id)
    for table in (tables.group_assignment, tables.membership):
        connection.execute(sa.delete(table).where(table.c.group_id == group_id))
    rows.delete(connection, sa.delete(tables.group).where(tables.group.c.id == group_id),
                "The group has just got a user or a role.")
    record.change()


def members(connection: sa.Connection, group_id: str, query: Mapping[str, str],
            expires: tuple[str, float] | None = None) -> list[User]:
    """Return the users of a group that fit a query string, by name; see users.listed."""
    table = tables.membership
    only = sa.select(table.c.user_id).where(table.c.group_id == group_id)
    return users.listed(connection, query, only=only, expires=expires)


def is_member(connection: sa.Connection, group_id: str, user_id: str) -> bool:
    """Say whether the user is in the group."""
    return connection.execute(sa.select(tables.membership.c.user_id).where(*_is(group_id, user_id))).first() is not None


def add(connection: sa.Connection, record: Recorder, group_id: str, user_id: str) -> None:
    """Put a user into a group; doing it again changes nothing."""
    get(connection, group_id)
    users.get(connection, user_id)
    if not is_member(connection, group_id, user_id):
        rows.insert(connection, tables.membership, {"group_id": group_id, "user_id": user_id},
                    "The user is just being put into the group, or one of them deleted.")
        record.change()


def remove(connection: sa.Connection, record: Recorder, group_id: str, user_id: str) -> None:
    """Take a user out of a group; raises NotFound. Their tokens lose at once what only the group gave."""
    get(connection, group_id)
    users.get(connection, user_id)
    if not connection.execute(sa.delete(tables.membership).where(*_is(group_id, user_id))).rowcount:
        raise not_member(group_id, user_id)
    record.change()


def not_member(group_id: str, user_id: str) -> errors.NotFound:
    """Return the refusal for a user who is not in a group."""
    return errors.NotFound(f"User {user_id} not found in group {group_id}.")


def _is(group_id: str, user_id: str) -> list["sa.ColumnElement[bool]"]:
    table = tables.membership
    return [table.c.group_id == group_id, table.c.user_id == user_id]


def _group(row: "sa.Row[Any]") -> Group:
    return Group(row.id, row.domain_id, row.name, row.description, row.extra)
