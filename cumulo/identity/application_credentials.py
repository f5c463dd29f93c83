"""Application credentials: a user gives a program some of their roles in a project, under a secret of its own.

The roles are looked up whenever a token is: the credential is good only while its user still has every one of them
(delegations.py). So taking a role away stops the program, and nothing has to be found and deleted for it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables.identity_delegation import (
    application_credential,
    application_credential_role,
    application_credential_rule,
)
from cumulo.common.ids import Ids
from cumulo.identity import access_rules, lookup, reach, rows
from cumulo.identity.model import ApplicationCredential, Role
from cumulo.identity.revocations import Recorder

CLASH = "An application credential with this name exists already, or what it hands on has just been deleted."
FILTERS = ("name",)


@dataclasses.dataclass(frozen=True)
class Made:
    """What a new application credential is to be; rules None: any request may be made with it."""

    user_id: str
    project_id: str
    name: str
    description: str | None
    secret_hash: str
    unrestricted: bool
    expires_at: float | None
    role_ids: Sequence[str]
    rules: Sequence[Mapping[str, str]] | None


def find(connection: sa.Connection, credential_id: str) -> ApplicationCredential | None:
    """Return an application credential, or None."""
    row = connection.execute(sa.select(application_credential).where(
        application_credential.c.id == credential_id)).one_or_none()
    return None if row is None else _credential(connection, row)


def get(connection: sa.Connection, user_id: str, credential_id: str) -> ApplicationCredential:
    """Return one of the user's application credentials; raises NotFound."""
    table = application_credential
    row = connection.execute(sa.select(table).where(
        table.c.user_id == user_id, table.c.id == credential_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find application credential: {credential_id}.")
    return _credential(connection, row)


def listed(connection: sa.Connection, user_id: str, query: Mapping[str, str]) -> list[ApplicationCredential]:
    """Return the user's application credentials that fit a query string, by name."""
    table = application_credential
    found = connection.execute(sa.select(table).where(
        table.c.user_id == user_id, *rows.conditions(table, FILTERS, query)).order_by(table.c.name)).all()
    return [_credential(connection, row) for row in found]


def create(connection: sa.Connection, ids: Ids, now: float, wanted: Made) -> ApplicationCredential:
    """Insert an application credential and return it; raises Conflict for a name in use."""
    credential_id = rows.new_id(ids)
    rows.insert(connection, application_credential, {
        "id": credential_id, "created_at": now, "has_rules": wanted.rules is not None,
        **{name: getattr(wanted, name) for name in ("user_id", "project_id", "name", "description", "secret_hash",
                                                    "unrestricted", "expires_at")}}, CLASH)
    for role_id in wanted.role_ids:
        rows.insert(connection, application_credential_role,
                    {"credential_id": credential_id, "role_id": role_id}, CLASH)
    for rule_id in access_rules.ensure(connection, ids, wanted.user_id, wanted.rules or ()):
        rows.insert(connection, application_credential_rule,
                    {"credential_id": credential_id, "access_rule_id": rule_id}, CLASH)
    return get(connection, wanted.user_id, credential_id)


def delete(connection: sa.Connection, record: Recorder, user_id: str, credential_id: str) -> None:
    """Delete one of the user's application credentials and refuse its tokens; raises NotFound."""
    get(connection, user_id, credential_id)
    connection.execute(sa.delete(application_credential).where(application_credential.c.id == credential_id))
    record.delegation(credential_id)


def login_row(connection: sa.Connection, credential_id: str | None, name: str | None,
              user_id: str | None) -> sa.RowMapping | None:
    """Return what a login is checked against, of a user who may log in: id, user_id, secret_hash, expires_at."""
    table, user, domain = application_credential, tables.user, tables.domain
    is_named = table.c.id == credential_id if credential_id is not None else sa.and_(
        table.c.name == name, table.c.user_id == user_id)
    return connection.execute(
        sa.select(table.c.id, table.c.user_id, table.c.secret_hash, table.c.expires_at)
        .join(user, user.c.id == table.c.user_id).join(domain, domain.c.id == user.c.domain_id)
        .where(is_named, user.c.enabled, domain.c.enabled)).mappings().one_or_none()


def roles_of(connection: sa.Connection, credential_id: str) -> tuple[Role, ...]:
    """Return the roles that were handed on, without those they imply, by name."""
    table, role = application_credential_role, tables.role
    return tuple(Role(*row) for row in connection.execute(
        sa.select(role.c.id, role.c.name).join(table, table.c.role_id == role.c.id)
        .where(table.c.credential_id == credential_id).order_by(role.c.name)))


def narrowed(connection: sa.Connection, known: lookup.Facts, credential: ApplicationCredential) -> lookup.Facts | None:
    """Return the user's facts with the credential's roles alone; None where the user has lost one of them."""
    given = {role.id for role in credential.roles}
    if not given <= {role.id for role in known.roles}:
        return None
    implied = reach.implied(connection)
    reached = given.union(*(implied.get(role_id, set()) for role_id in sorted(given)))
    return dataclasses.replace(known, roles=tuple(role for role in known.roles if role.id in reached),
                               application_credential=credential)


def _credential(connection: sa.Connection, row: "sa.Row[Any]") -> ApplicationCredential:
    rules = access_rules.of_credential(connection, row.id) if row.has_rules else None
    return ApplicationCredential(row.id, row.user_id, row.project_id, row.name, row.description, row.unrestricted,
                                 row.expires_at, roles_of(connection, row.id), rules)
