"""Role assignments: a user or a group has a role on a project, a domain or the whole system.

What is stored is what was given. What follows from it (for the users of a group, for the projects below,
by implied roles) is worked out where it is asked for: reach.py for one user, effective.py for lists.
"""

import dataclasses

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.identity import domains, effective, groups, projects, reach, roles, rows, trees, users
from cumulo.identity.model import BELOW, Actor, Assignment, Role, Scope, Target, target_of
from cumulo.identity.revocations import Recorder

targets = reach.targets
_TABLES: dict[str, sa.Table] = {"user": tables.assignment, "group": tables.group_assignment}


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which assignments to list; None leaves a field open.

    subtree: those on the projects below the scope's project too. inherited: only those that are given as
    inherited, or follow from such. effective: what follows for users, instead of what was given.
    """

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    scope: Scope | None = None
    subtree: bool = False
    inherited: bool = False
    effective: bool = False


def check_scope(connection: sa.Connection, scope: Scope) -> None:
    """Raise NotFound unless the target exists."""
    if scope.kind == "project":
        projects.get(connection, scope.id)
    elif scope.kind == "domain":
        domains.get(connection, scope.id)


def give(connection: sa.Connection, record: Recorder, actor: Actor, target: Target, role_id: str) -> None:
    """Give a role; giving it again changes nothing."""
    role = _check(connection, actor, target, role_id)
    _check_domain(connection, target.scope, role)
    if target.scope.kind == "project":
        projects.hold(connection, target.scope.id)
    if not has(connection, actor, target, role_id):
        rows.insert(connection, _TABLES[actor.kind], {
            f"{actor.kind}_id": actor.id, "target_kind": target.kind, "target_id": target.scope.id, "role_id": role_id,
        }, "The assignment has just been made or its user, group or role deleted.")
        record.change()


def take(connection: sa.Connection, record: Recorder, actor: Actor, target: Target, role_id: str) -> None:
    """Take a role away; raises NotFound.

    The tokens a user holds for that target are refused. Where it was a group's, or reaches projects below, tokens
    are looked up anew: they lose the role, and those without any other are refused.
    """
    _check(connection, actor, target, role_id)
    if not connection.execute(sa.delete(_TABLES[actor.kind]).where(*_is(actor, target, role_id))).rowcount:
        raise not_given(actor, role_id)
    if actor.kind == "user" and not target.is_inherited:
        record.grant(actor.id, target.scope)
    else:
        record.change()


def not_given(actor: Actor, role_id: str) -> errors.NotFound:
    """Return the refusal for an assignment there is not."""
    return errors.NotFound(f"Could not find role assignment with role: {role_id}, {actor.kind}: {actor.id}.")


def has(connection: sa.Connection, actor: Actor, target: Target, role_id: str) -> bool:
    """Say whether the role itself has been given."""
    return connection.execute(
        sa.select(_TABLES[actor.kind].c.role_id).where(*_is(actor, target, role_id))).first() is not None


def roles_of(connection: sa.Connection, actor: Actor, target: Target) -> list[Role]:
    """Return the roles that have been given there, by name."""
    table, role = _TABLES[actor.kind], tables.role
    return [roles.of_row(row) for row in connection.execute(
        sa.select(role).join(table, table.c.role_id == role.c.id)
        .where(table.c[f"{actor.kind}_id"] == actor.id, table.c.target_kind == target.kind,
               table.c.target_id == target.scope.id)
        .order_by(role.c.name, role.c.id))]


def listed(connection: sa.Connection, wanted: Wanted) -> list[Assignment]:
    """Return the assignments that fit, in a stable order."""
    given = [each for kind in _TABLES for each in _given(connection, kind, wanted)]
    if wanted.effective:
        given = effective.expanded(connection, given, _projects_of(connection, wanted))
        given = [each for each in given if wanted.user_id in (None, each.actor.id)]
    return [each for each in given if wanted.role_id in (None, each.role_id)]


def _check(connection: sa.Connection, actor: Actor, target: Target, role_id: str) -> Role:
    """Return the role; raises NotFound unless all of them exist."""
    if actor.kind == "user":
        users.get(connection, actor.id)
    else:
        groups.get(connection, actor.id)
    check_scope(connection, target.scope)
    return roles.get(connection, role_id)


def _check_domain(connection: sa.Connection, scope: Scope, role: Role) -> None:
    """Raise Forbidden for a domain's own role outside that domain."""
    if role.domain_id is None:
        return
    domain_id = projects.get(connection, scope.id).domain_id if scope.kind == "project" else scope.id
    if domain_id != role.domain_id:
        raise errors.Forbidden(
            f"Role {role.id} belongs to domain {role.domain_id}: it is not for {scope.kind} {scope.id}.")


def _given(connection: sa.Connection, kind: str, wanted: Wanted) -> list[Assignment]:
    """Return what was given to users or to groups and may matter."""
    table = _TABLES[kind]
    actor_id = table.c[f"{kind}_id"]
    statement = sa.select(actor_id, table.c.role_id, table.c.target_kind, table.c.target_id).order_by(
        table.c.target_kind, table.c.target_id, actor_id, table.c.role_id)
    for condition in (*_about_actor(kind, actor_id, wanted), *_about_target(connection, table, wanted)):
        statement = statement.where(condition)
    return [Assignment(Actor(kind, actor_id), target_of(target_kind, target_id), role_id)  # type: ignore[arg-type]
            for actor_id, role_id, target_kind, target_id in connection.execute(statement)]


def _about_actor(kind: str, actor_id: "sa.Column[str]", wanted: Wanted) -> list["sa.ColumnElement[bool]"]:
    if wanted.group_id is not None:
        return [actor_id == wanted.group_id] if kind == "group" else [sa.false()]
    if wanted.user_id is None:
        return []
    if kind == "user":
        return [actor_id == wanted.user_id]
    table = tables.membership
    own = sa.select(table.c.group_id).where(table.c.user_id == wanted.user_id)
    return [actor_id.in_(own)] if wanted.effective else [sa.false()]


def _about_target(connection: sa.Connection, table: sa.Table, wanted: Wanted) -> list["sa.ColumnElement[bool]"]:
    found = [table.c.target_kind.startswith(BELOW, autoescape=True)] if wanted.inherited else []
    scope = wanted.scope
    if scope is None:
        return found
    places: dict[str, list[str]] = {scope.kind: [scope.id]}
    if scope.kind == "project":
        places["project"] += trees.ids_below(connection, scope.id) if wanted.subtree else []
        if wanted.effective:
            places |= {f"{BELOW}{kind}": ids for kind, ids in trees.above(connection, scope.id).items()}
    if not wanted.effective:
        places |= {f"{BELOW}{kind}": ids for kind, ids in places.items()}
    elif wanted.subtree:
        places[f"{BELOW}project"] = [*places.get(f"{BELOW}project", ()), *places["project"]]
    return [*found, sa.or_(sa.false(), *(sa.and_(table.c.target_kind == kind, table.c.target_id.in_(ids))
                                         for kind, ids in places.items()))]


def _projects_of(connection: sa.Connection, wanted: Wanted) -> set[str] | None:
    """Return the projects that effective assignments are wanted for; None: whatever they are."""
    if wanted.scope is None:
        return None
    if wanted.scope.kind != "project":
        return set()
    return {wanted.scope.id, *(trees.ids_below(connection, wanted.scope.id) if wanted.subtree else ())}


def _is(actor: Actor, target: Target, role_id: str) -> list["sa.ColumnElement[bool]"]:
    table = _TABLES[actor.kind]
    return [table.c[f"{actor.kind}_id"] == actor.id, table.c.target_kind == target.kind,
            table.c.target_id == target.scope.id, table.c.role_id == role_id]
