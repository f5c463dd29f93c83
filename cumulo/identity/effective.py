"""What follows from assignments: for each user of a group, for each project below, for each implied role.

    given      group g has role a, inherited from domain d
    users      u has a, inherited from d                 for every u in g
    projects   u has a on p                              for every project p of d
    roles      u has a and b on p                        where a implies b; a domain's own role goes

Every step keeps the assignment that was given as the source.
"""

import dataclasses
from collections.abc import Iterable

import sqlalchemy as sa

from cumulo.common.db.tables import identity as tables
from cumulo.identity import reach, trees
from cumulo.identity.model import Actor, Assignment, Scope, Target


def expanded(connection: sa.Connection, given: list[Assignment], only: set[str] | None) -> list[Assignment]:
    """Return what the assignments come to for users, each once; only restricts the projects."""
    to_users = list(_to_users(given, _members(connection, given)))
    to_projects = _to_projects(connection, to_users, only)
    own = set(connection.execute(sa.select(tables.role.c.id).where(tables.role.c.domain_id != "")).scalars())
    found: dict[tuple[Actor, Target, str], Assignment] = {}
    for each in _with_implied(to_projects, reach.implied(connection)):
        if each.role_id not in own:
            found.setdefault((each.actor, each.target, each.role_id), each)
    return list(found.values())


def _members(connection: sa.Connection, given: list[Assignment]) -> dict[str, list[str]]:
    table = tables.membership
    groups = sorted({each.actor.id for each in given if each.actor.kind == "group"})
    found: dict[str, list[str]] = {}
    for group_id, user_id in connection.execute(sa.select(table.c.group_id, table.c.user_id).where(
            table.c.group_id.in_(groups)).order_by(table.c.user_id)):
        found.setdefault(group_id, []).append(user_id)
    return found


def _to_users(given: Iterable[Assignment], members: dict[str, list[str]]) -> Iterable[Assignment]:
    for each in given:
        if each.actor.kind == "user":
            yield each
        for user_id in members.get(each.actor.id, ()) if each.actor.kind == "group" else ():
            yield dataclasses.replace(each, actor=Actor("user", user_id), source=each)


def _to_projects(connection: sa.Connection, given: list[Assignment], only: set[str] | None) -> list[Assignment]:
    reached: dict[Scope, list[str]] = {}
    found: list[Assignment] = []
    for each in given:
        if not each.target.is_inherited:
            found.append(each)
            continue
        scope = each.target.scope
        if scope not in reached:
            reached[scope] = (trees.ids_of_domain(connection, scope.id) if scope.kind == "domain"
                              else trees.ids_below(connection, scope.id))
        found += [dataclasses.replace(each, target=Target(Scope("project", project_id)), source=each.source or each)
                  for project_id in reached[scope] if only is None or project_id in only]
    return found


def _with_implied(given: list[Assignment], implied: dict[str, set[str]]) -> Iterable[Assignment]:
    """Yield the assignments, then those they imply: what was given itself comes first."""
    yield from given
    for each in given:
        for role_id in sorted(implied.get(each.role_id, ())):
            yield dataclasses.replace(each, role_id=role_id, source=each.source or each)
