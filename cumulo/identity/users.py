"""Users: who may log in. Hashing a password is the caller's business, before the transaction."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import projects, rows
from cumulo.identity.model import User
from cumulo.identity.revocations import Recorder

CLASH = "A user with this name exists already in the domain."
FILTERS = ("id", "name", "enabled", "domain_id")
COLUMNS = ("name", "enabled", "default_project_id")
FIXED = ("domain_id", "options", "password")


def find(connection: sa.Connection, user_id: str) -> User | None:
    """Return a user, or None."""
    row = connection.execute(_users().where(tables.user.c.id == user_id)).one_or_none()
    return None if row is None else _user(row)


def get(connection: sa.Connection, user_id: str) -> User:
    """Return a user; raises NotFound."""
    user = find(connection, user_id)
    if user is None:
        raise errors.NotFound(f"Could not find user: {user_id}.")
    return user


def listed(connection: sa.Connection, query: Mapping[str, str], *,
           only: "sa.Select[tuple[str]] | None" = None) -> list[User]:
    """Return the users that fit a query string, by name; only selects the ids of those that may be among them."""
    table = tables.user
    statement = _users().where(*rows.conditions(table, FILTERS, query)).order_by(table.c.name, table.c.id)
    if only is not None:
        statement = statement.where(table.c.id.in_(only))
    return [_user(row) for row in connection.execute(statement)]


def create(connection: sa.Connection, ids: Ids, now: float, domain_id: str, values: Mapping[str, Any],
           password_hash: str | None) -> User:
    """Insert a user and return it; raises BadRequest for an unknown domain, Conflict for a name in use."""
    if connection.execute(sa.select(tables.domain.c.id).where(tables.domain.c.id == domain_id)).first() is None:
        raise errors.BadRequest(f"Could not find domain: {domain_id}.")
    row = {"id": rows.new_id(ids), "created_at": now, "domain_id": domain_id, "name": values["name"],
           "enabled": values.get("enabled", True), "default_project_id": values.get("default_project_id"),
           "password_hash": password_hash, "password_changed_at": now if password_hash else None,
           "extra": projects.extra_of(values, COLUMNS + FIXED)}
    rows.insert(connection, tables.user, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, now: float, user_id: str, values: Mapping[str, Any],
           password_hash: str | None) -> User:
    """Change a user; disabling or a new password refuses every token they hold. None keeps the password."""
    before = get(connection, user_id)
    if values.get("domain_id") not in (None, before.domain_id):
        raise errors.BadRequest("A user's domain cannot be changed.")
    changes = {name: values[name] for name in COLUMNS if name in values}
    changes["extra"] = before.extra | projects.extra_of(values, COLUMNS + FIXED)
    if password_hash is not None:
        changes |= {"password_hash": password_hash, "password_changed_at": now}
    rows.update(connection, tables.user, user_id, changes, CLASH)
    if password_hash is not None or values.get("enabled") is False:
        record.user(user_id)
    else:
        record.change()
    return get(connection, user_id)


def stored_password(connection: sa.Connection, user_id: str) -> str | None:
    """Return the hash of the password of a user who may log in, or None."""
    user, domain = tables.user, tables.domain
    stored: str | None = connection.execute(
        sa.select(user.c.password_hash).join(domain, domain.c.id == user.c.domain_id)
        .where(user.c.id == user_id, user.c.enabled, domain.c.enabled)).scalar_one_or_none()
    return stored


def change_password(connection: sa.Connection, record: Recorder, now: float, user_id: str, *, before: str,
                    after: str) -> bool:
    """Replace one hash by another and refuse every token of the user.

    Says False, and does nothing, where the password is not what the caller has verified any more.
    """
    table = tables.user
    replaced = connection.execute(
        sa.update(table).where(table.c.id == user_id, table.c.password_hash == before)
        .values(password_hash=after, password_changed_at=now)).rowcount
    if replaced:
        record.user(user_id)
    return bool(replaced)


def delete(connection: sa.Connection, record: Recorder, user_id: str) -> None:
    """Delete a user and their roles; raises NotFound."""
    get(connection, user_id)
    for table in (tables.assignment, tables.membership, tables.former_password):
        connection.execute(sa.delete(table).where(table.c.user_id == user_id))
    connection.execute(sa.delete(tables.user).where(tables.user.c.id == user_id))
    record.user(user_id)


def _users() -> "sa.Select[Any]":
    table = tables.user.c
    return sa.select(table.id, table.domain_id, table.name, table.enabled, table.default_project_id, table.extra,
                     table.options, table.password_expires_at)


def _user(row: "sa.Row[Any]") -> User:
    return User(row.id, row.domain_id, row.name, row.enabled, row.default_project_id, row.extra, row.options or {},
                row.password_expires_at)
