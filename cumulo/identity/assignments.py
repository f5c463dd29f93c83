"""Role assignments: a user has a role on a project, a domain or the whole system."""

import dataclasses

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.identity import domains, lookup, projects, roles, rows, users
from cumulo.identity.model import Assignment, Role, Scope
from cumulo.identity.revocations import Recorder


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which assignments to list; None leaves a field open. effective expands implied roles."""

    user_id: str | None = None
    role_id: str | None = None
    scope: Scope | None = None
    effective: bool = False


def check_target(connection: sa.Connection, user_id: str, scope: Scope) -> None:
    """Raise NotFound unless the user and the target exist."""
    users.get(connection, user_id)
    check_scope(connection, scope)


def check_scope(connection: sa.Connection, scope: Scope) -> None:
    """Raise NotFound unless the target exists."""
    if scope.kind == "project":
        projects.get(connection, scope.id)
    elif scope.kind == "domain":
        domains.get(connection, scope.id)


def give(connection: sa.Connection, record: Recorder, user_id: str, scope: Scope, role_id: str) -> None:
    """Give a user a role; giving it again changes nothing."""
    check_target(connection, user_id, scope)
    roles.get(connection, role_id)
    if not has(connection, user_id, scope, role_id):
        rows.insert(connection, tables.assignment, {
            "user_id": user_id, "target_kind": scope.kind, "target_id": scope.id, "role_id": role_id,
        }, "The assignment has just been made or its user or role deleted.")
        record.change()


def take(connection: sa.Connection, record: Recorder, user_id: str, scope: Scope, role_id: str) -> None:
    """Take a role away and refuse the tokens the user holds for the target; raises NotFound."""
    check_target(connection, user_id, scope)
    roles.get(connection, role_id)
    if not connection.execute(sa.delete(tables.assignment).where(*_is(user_id, scope, role_id))).rowcount:
        raise errors.NotFound(f"Could not find role assignment with role: {role_id}, user: {user_id}.")
    record.grant(user_id, scope)


def has(connection: sa.Connection, user_id: str, scope: Scope, role_id: str) -> bool:
    """Say whether the user has been given the role itself."""
    return connection.execute(
        sa.select(tables.assignment.c.role_id).where(*_is(user_id, scope, role_id))).first() is not None


def roles_of(connection: sa.Connection, user_id: str, scope: Scope) -> list[Role]:
    """Return the roles the user has been given on the target, by name."""
    table, role = tables.assignment, tables.role
    return [Role(*row) for row in connection.execute(
        sa.select(role.c.id, role.c.name, role.c.description).join(table, table.c.role_id == role.c.id)
        .where(table.c.user_id == user_id, table.c.target_kind == scope.kind, table.c.target_id == scope.id)
        .order_by(role.c.name))]


def targets(connection: sa.Connection, user_id: str, kind: str) -> set[str]:
    """Return the ids of the projects or domains on which the user has any role."""
    table = tables.assignment
    return set(connection.execute(sa.select(table.c.target_id).where(
        table.c.user_id == user_id, table.c.target_kind == kind)).scalars())


def listed(connection: sa.Connection, wanted: Wanted) -> list[Assignment]:
    """Return the assignments that fit, in a stable order."""
    table = tables.assignment
    statement = sa.select(table.c.user_id, table.c.role_id, table.c.target_kind, table.c.target_id).order_by(
        table.c.target_kind, table.c.target_id, table.c.user_id, table.c.role_id)
    if wanted.user_id is not None:
        statement = statement.where(table.c.user_id == wanted.user_id)
    if wanted.scope is not None:
        statement = statement.where(table.c.target_kind == wanted.scope.kind, table.c.target_id == wanted.scope.id)
    found = [Assignment(user_id, role_id, Scope(kind, target_id))
             for user_id, role_id, kind, target_id in connection.execute(statement)]
    if wanted.effective:
        found = _with_implied(found, lookup.implied(connection))
    return [each for each in found if wanted.role_id in (None, each.role_id)]


def _with_implied(given: list[Assignment], implied: dict[str, set[str]]) -> list[Assignment]:
    """Return the assignments and those they imply, each once."""
    found = {(each.user_id, each.scope, each.role_id): each for each in given}
    for each in given:
        for role_id in sorted(implied.get(each.role_id, ())):
            found.setdefault((each.user_id, each.scope, role_id),
                             Assignment(each.user_id, role_id, each.scope, prior_role_id=each.role_id))
    return list(found.values())


def _is(user_id: str, scope: Scope, role_id: str) -> list["sa.ColumnElement[bool]"]:
    table = tables.assignment
    return [table.c.user_id == user_id, table.c.target_kind == scope.kind, table.c.target_id == scope.id,
            table.c.role_id == role_id]
