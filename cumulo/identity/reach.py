"""How far a role reaches: from a group to its users, from a domain or project to the projects below.

A role on a project counts there, and one inherited from its domain or from a project above it counts too;
one that is given as inherited does not count on the target itself. Roles of a domain's own never count by
themselves, only by what they imply (lookup.effective_roles).
"""

import functools
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables import identity as tables
from cumulo.identity.model import BELOW, Scope


def held(connection: sa.Connection, user_id: str, scope: Scope) -> set[str]:
    """Return the ids of the roles a user has on a target, by themself and by groups, on it and inherited."""
    return set(connection.execute(_held(scope.kind), {"user": user_id, "target": scope.id}).scalars())


def targets(connection: sa.Connection, user_id: str, kind: str) -> set[str]:
    """Return the ids of the projects or domains on which a user has any role that counts."""
    idle = _idle_roles(connection)
    found: dict[str, set[str]] = {}
    for role_id, target_kind, target_id in connection.execute(_given(), {"user": user_id}):
        if role_id not in idle:
            found.setdefault(target_kind, set()).add(target_id)
    reached = found.get(kind, set())
    if kind != "project":
        return reached
    if of_domains := found.get(f"{BELOW}domain"):
        project = tables.project
        reached |= set(connection.execute(
            sa.select(project.c.id).where(project.c.domain_id.in_(sorted(of_domains)))).scalars())
    if of_projects := found.get(f"{BELOW}project"):
        reached |= set(connection.execute(sa.select(below(sorted(of_projects)).c.id)).scalars())
    return reached


def above(project_id: "sa.ColumnElement[str] | str") -> sa.CTE:
    """Return a table (id, parent_id) of a project and of those it stands below."""
    table = tables.project
    found = sa.select(table.c.id, table.c.parent_id).where(table.c.id == project_id).cte("above", recursive=True)
    return found.union(sa.select(table.c.id, table.c.parent_id).join(found, found.c.parent_id == table.c.id))


def below(project_ids: list[str]) -> sa.CTE:
    """Return a table (id, parent_id) of all projects that stand below any of these."""
    table = tables.project
    found = sa.select(table.c.id, table.c.parent_id).where(table.c.parent_id.in_(project_ids)).cte(
        "below", recursive=True)
    return found.union(sa.select(table.c.id, table.c.parent_id).join(found, found.c.id == table.c.parent_id))


@functools.cache
def _held(kind: str) -> "sa.CompoundSelect[Any]":
    """Build once for each kind of target: this runs for every token that is looked at for the first time."""
    target: sa.BindParameter[str] = sa.bindparam("target", type_=tables.assignment.c.target_id.type)
    mine, ours = tables.assignment.c, tables.group_assignment.c
    line = above(target)
    return sa.union(
        sa.select(mine.role_id).where(mine.user_id == sa.bindparam("user"), _reaches(mine, kind, target, line)),
        sa.select(ours.role_id).join(tables.membership, tables.membership.c.group_id == ours.group_id)
        .where(tables.membership.c.user_id == sa.bindparam("user"), _reaches(ours, kind, target, line)))


def _reaches(columns: Any, kind: str, target: "sa.BindParameter[str]", line: sa.CTE) -> "sa.ColumnElement[bool]":
    itself: sa.ColumnElement[bool] = sa.and_(columns.target_kind == kind, columns.target_id == target)
    if kind != "project":
        return itself
    project = tables.project
    domain = sa.select(project.c.domain_id).where(project.c.id == target).scalar_subquery()
    parents = sa.select(line.c.parent_id).where(line.c.parent_id.is_not(None))
    return sa.or_(itself, sa.and_(columns.target_kind == f"{BELOW}domain", columns.target_id == domain),
                  sa.and_(columns.target_kind == f"{BELOW}project", columns.target_id.in_(parents)))


@functools.cache
def _given() -> "sa.CompoundSelect[Any]":
    mine, ours = tables.assignment.c, tables.group_assignment.c
    return sa.union(
        sa.select(mine.role_id, mine.target_kind, mine.target_id).where(mine.user_id == sa.bindparam("user")),
        sa.select(ours.role_id, ours.target_kind, ours.target_id)
        .join(tables.membership, tables.membership.c.group_id == ours.group_id)
        .where(tables.membership.c.user_id == sa.bindparam("user")))


def _idle_roles(connection: sa.Connection) -> set[str]:
    """Return the roles of a domain's own that imply none of the whole cloud, however far one follows."""
    own = set(connection.execute(sa.select(tables.role.c.id).where(tables.role.c.domain_id != "")).scalars())
    if not own:
        return own
    reached = implied(connection)
    return {each for each in own if reached.get(each, set()) <= own}


def implied(connection: sa.Connection) -> dict[str, set[str]]:
    """Return for each role that implies others all it implies, over any number of steps."""
    direct = directly_implied(connection)
    return {prior: reached_from(prior, direct) for prior in direct}


def directly_implied(connection: sa.Connection) -> dict[str, set[str]]:
    """Return for each role that implies others those it implies itself."""
    table = tables.role_implication
    direct: dict[str, set[str]] = {}
    for prior, after in connection.execute(sa.select(table.c.prior_role_id, table.c.implied_role_id)):
        direct.setdefault(prior, set()).add(after)
    return direct


def reached_from(start: str, direct: dict[str, set[str]]) -> set[str]:
    """Return all that a role implies over any number of steps."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for after in direct.get(waiting.pop(), ()):
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return reached - {start}
