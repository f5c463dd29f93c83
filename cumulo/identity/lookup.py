"""What the database says about the holder and the scope of a token: names, state, roles."""

import dataclasses
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables import identity as tables
from cumulo.identity import reach
from cumulo.identity.model import AccessToken, ApplicationCredential, Domain, Named, Role, Scope, Trust
from cumulo.identity.password_rules import ends_at


@dataclasses.dataclass(frozen=True)
class Facts:
    """A user, what a scope names, and the roles the user has there, implied ones included."""

    user: Named
    project: Named | None
    domain: Domain | None
    roles: tuple[Role, ...]
    application_credential: ApplicationCredential | None = None
    trust: Trust | None = None
    access_token: AccessToken | None = None

    @property
    def is_usable(self) -> bool:
        """Say whether everything involved is enabled."""
        return (self.user.enabled and (self.project is None or self.project.enabled)
                and (self.domain is None or self.domain.enabled))


def facts(connection: sa.Connection, user_id: str, scope: Scope) -> Facts | None:
    """Return the facts about a user in a scope; None where either does not exist."""
    user = user_by_id(connection, user_id)
    if user is None:
        return None
    project = named(connection, tables.project, scope.id) if scope.kind == "project" else None
    domain = domain_by_id(connection, scope.id) if scope.kind == "domain" else None
    # Asked before the answer is None too: a scope that does not exist costs what one without a role does.
    roles = effective_roles(connection, user_id, scope)
    if (scope.kind == "project" and project is None) or (scope.kind == "domain" and domain is None):
        return None
    return Facts(user, project, domain, roles)


def named(connection: sa.Connection, table: sa.Table, row_id: str) -> Named | None:
    """Return a user or project with its domain."""
    row = connection.execute(
        sa.select(table.c.id, table.c.name, tables.domain.c.id, tables.domain.c.name,
                  table.c.enabled, tables.domain.c.enabled)
        .join(tables.domain, tables.domain.c.id == table.c.domain_id).where(table.c.id == row_id)).one_or_none()
    return None if row is None else Named(row[0], row[1], row[2], row[3], bool(row[4] and row[5]))


def user_by_id(connection: sa.Connection, user_id: str) -> Named | None:
    """Return a user with their domain and the end of their password."""
    user, domain = tables.user.c, tables.domain
    row = connection.execute(
        sa.select(user.id, user.name, domain.c.id, domain.c.name, user.enabled, domain.c.enabled,
                  user.password_changed_at, user.password_expires_at, user.options)
        .join(domain, domain.c.id == user.domain_id).where(user.id == user_id)).one_or_none()
    return None if row is None else Named(row[0], row[1], row[2], row[3], bool(row[4] and row[5]),
                                          ends_at(row[6], row[7], row[8] or {}))


def domain_by_id(connection: sa.Connection, domain_id: str) -> Domain | None:
    """Return a domain."""
    row = connection.execute(_domains().where(tables.domain.c.id == domain_id)).one_or_none()
    return None if row is None else as_domain(row)


def as_domain(row: "sa.Row[Any]") -> Domain:
    """Return the domain of a row."""
    return Domain(row.id, row.name, row.description, row.enabled, tuple(row.tags), row.options or {})


def _domains() -> "sa.Select[Any]":
    table = tables.domain
    return sa.select(table.c.id, table.c.name, table.c.description, table.c.enabled, table.c.tags, table.c.options)


def id_by_name(connection: sa.Connection, table: sa.Table, name: str, *, domain_id: str | None,
               domain_name: str | None) -> str | None:
    """Return the id of the user or project of that name in a domain given by id or name."""
    query = sa.select(table.c.id).where(table.c.name == name)
    if domain_id is not None:
        query = query.where(table.c.domain_id == domain_id)
    else:
        query = query.join(tables.domain, tables.domain.c.id == table.c.domain_id).where(
            tables.domain.c.name == domain_name)
    found: str | None = connection.execute(query).scalars().first()
    return found


def effective_roles(connection: sa.Connection, user_id: str, scope: Scope) -> tuple[Role, ...]:
    """Return the roles the user has on the target, by name: given, of groups, inherited, and those they imply.

    Roles of a domain's own stand for what they imply, and are none themselves.
    """
    if scope.kind == "none":
        return ()
    held = reach.held(connection, user_id, scope)
    if not held:
        return ()
    implied = reach.implied(connection)
    wanted = held.union(*(implied.get(role_id, set()) for role_id in held))
    role = tables.role.c
    rows = connection.execute(sa.select(role.id, role.name).where(
        role.id.in_(sorted(wanted)), role.domain_id == "").order_by(role.name))
    return tuple(Role(role_id, name) for role_id, name in rows)
