"""Users: who may log in. Making a password (password_rules.py) is the caller's business, before the transaction."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import backends, projects, rows
from cumulo.identity.model import User
from cumulo.identity.password_rules import NewPassword, ends_at
from cumulo.identity.revocations import Recorder

CLASH = "A user with this name exists already in the domain."
FILTERS = ("id", "name", "enabled", "domain_id")
COLUMNS = ("name", "enabled", "default_project_id")
FIXED = ("domain_id", "options", "password")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq, "neq": operator.ne, "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}
COMPARATORS = tuple(_COMPARISONS)


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
           only: "sa.Select[tuple[str]] | None" = None, expires: tuple[str, float] | None = None) -> list[User]:
    """Return the users that fit a query string, by name; only selects the ids of those that may be among them.

    expires compares the end of their passwords: one of COMPARATORS, and epoch seconds.
    """
    table = tables.user
    statement = _users().where(*rows.conditions(table, FILTERS, query)).order_by(table.c.name, table.c.id)
    if only is not None:
        statement = statement.where(table.c.id.in_(only))
    if expires is not None:
        statement = statement.where(_COMPARISONS[expires[0]](table.c.password_expires_at, expires[1]))
    return [_user(row) for row in connection.execute(statement)]


def create(connection: sa.Connection, ids: Ids, now: float, domain_id: str, values: Mapping[str, Any],
           password: NewPassword | None) -> User:
    """Insert a user and return it; raises NotFound for an unknown domain, Conflict for a name in use.

    Conflict too where the domain names a backend that there is not.
    """
    # Held, so that nobody gives the domain another backend meanwhile.
    held = sa.select(tables.domain.c.id).where(tables.domain.c.id == domain_id)
    if connection.execute(held.with_for_update(read=True, key_share=True)).first() is None:
        raise errors.NotFound(f"Could not find domain: {domain_id}.")
    row = {"id": rows.new_id(ids), "created_at": now, "domain_id": domain_id, "name": values["name"],
           "enabled": values.get("enabled", True), "default_project_id": values.get("default_project_id"),
           "options": merged({}, values.get("options")), **(_password_columns(password, now) if password else {}),
           "extra": projects.extra_of(values, COLUMNS + FIXED)}
    rows.insert(connection, tables.user, row, CLASH)
    backends.check_users(connection, domain_id)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, now: float, user_id: str, values: Mapping[str, Any],
           password: NewPassword | None) -> User:
    """Change a user; disabling or a new password refuses every token they hold. None keeps the password.

    Enabling opens an account that was locked or idle.
    """
    before = get(connection, user_id)
    if values.get("domain_id") not in (None, before.domain_id):
        raise errors.BadRequest("A user's domain cannot be changed.")
    changes = {name: values[name] for name in COLUMNS if name in values}
    changes["extra"] = before.extra | projects.extra_of(values, COLUMNS + FIXED)
    changes["options"] = merged(before.options, values.get("options"))
    if values.get("enabled"):
        changes |= {"failed_logins": 0, "failed_login_at": None, "last_active_at": now}
    if password is not None:
        _keep_former(connection, user_id, password.keep)
        changes |= _password_columns(password, now)
    rows.update(connection, tables.user, user_id, changes, CLASH)
    if password is not None or values.get("enabled") is False:
        record.user(user_id)
    else:
        record.change()
    return get(connection, user_id)


def change_password(connection: sa.Connection, record: Recorder, now: float, user_id: str, *, before: str,
                    after: NewPassword) -> bool:
    """Replace a password that the caller has verified, and refuse every token of the user.

    Says False, and does nothing, where it is not the user's password any more.
    """
    table = tables.user
    if connection.execute(sa.select(table.c.password_hash).where(table.c.id == user_id).with_for_update()
                          ).scalar_one_or_none() != before:
        return False
    _keep_former(connection, user_id, after.keep)
    connection.execute(sa.update(table).where(table.c.id == user_id).values(**_password_columns(after, now)))
    record.user(user_id)
    return True


def former_passwords(connection: sa.Connection, user_id: str) -> list[str]:
    """Return the hashes of the passwords a user had before this one, the newest first."""
    table = tables.former_password
    return list(connection.execute(sa.select(table.c.password_hash).where(table.c.user_id == user_id)
                                   .order_by(table.c.number.desc())).scalars())


def merged(options: Mapping[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a user's options after a change: null takes one away."""
    return {name: value for name, value in {**options, **(changes or {})}.items() if value is not None}


def _password_columns(password: NewPassword, now: float) -> dict[str, Any]:
    return {"password_hash": password.hash, "password_changed_at": now, "password_expires_at": password.expires_at,
            "password_is_own": password.is_own, "failed_logins": 0, "failed_login_at": None}


def _keep_former(connection: sa.Connection, user_id: str, keep: int) -> None:
    """Remember the password that is about to be replaced, and forget those beyond what is to be kept."""
    table = tables.former_password
    newest = connection.execute(
        sa.select(sa.func.max(table.c.number)).where(table.c.user_id == user_id)).scalar_one() or 0
    before = connection.execute(
        sa.select(tables.user.c.password_hash).where(tables.user.c.id == user_id)).scalar_one_or_none()
    if before is not None and keep:
        newest += 1
        connection.execute(sa.insert(table).values(user_id=user_id, number=newest, password_hash=before))
    connection.execute(sa.delete(table).where(table.c.user_id == user_id, table.c.number <= newest - keep))


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
                     table.options, table.password_expires_at, table.password_changed_at)


def _user(row: "sa.Row[Any]") -> User:
    options = row.options or {}
    return User(row.id, row.domain_id, row.name, row.enabled, row.default_project_id, row.extra, options,
                ends_at(row.password_changed_at, row.password_expires_at, options))
