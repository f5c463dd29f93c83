"""Trees of projects: what stands above a project, and what below. The root of every tree is a domain."""

import sqlalchemy as sa

from cumulo.common.db.tables import identity as tables
from cumulo.identity import reach


def ids_of_domain(connection: sa.Connection, domain_id: str) -> list[str]:
    """Return the ids of all projects of a domain."""
    table = tables.project
    return list(connection.execute(
        sa.select(table.c.id).where(table.c.domain_id == domain_id).order_by(table.c.id)).scalars())


def ids_below(connection: sa.Connection, project_id: str) -> list[str]:
    """Return the ids of all projects below a project, not its own."""
    found = reach.below([project_id])
    return list(connection.execute(sa.select(found.c.id).order_by(found.c.id)).scalars())


def above(connection: sa.Connection, project_id: str) -> dict[str, list[str]]:
    """Return what a project stands below: {"domain": [its domain], "project": [its ancestors]}."""
    table = tables.project
    domain = connection.execute(sa.select(table.c.domain_id).where(table.c.id == project_id)).scalars().all()
    return {"domain": list(domain), "project": ids_above(connection, project_id)}


def ids_above(connection: sa.Connection, project_id: str) -> list[str]:
    """Return the ids of the projects above a project, the nearest first; its domain is not among them."""
    found = reach.above(project_id)
    parents = {row.id: row.parent_id for row in connection.execute(sa.select(found.c.id, found.c.parent_id))}
    line: list[str] = []
    at = parents.get(project_id)
    while at is not None and at not in line:
        line.append(at)
        at = parents.get(at)
    return line


def nested_above(connection: sa.Connection, project_id: str, domain_id: str) -> dict[str, object]:
    """Return {parent: {its parent: ... {the domain: None}}}."""
    nested: dict[str, object] | None = None
    for each in reversed([*ids_above(connection, project_id), domain_id]):
        nested = {each: nested}
    return nested or {}


def nested_below(connection: sa.Connection, project_id: str) -> dict[str, object] | None:
    """Return {child: {grandchild: None, ...}, ...}, None where there is no child."""
    found = reach.below([project_id])
    children: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(found.c.id, found.c.parent_id).order_by(found.c.id)):
        children.setdefault(row.parent_id, []).append(row.id)
    return _nested(children, project_id)


def _nested(children: dict[str, list[str]], at: str) -> dict[str, object] | None:
    return {each: _nested(children, each) for each in children[at]} if at in children else None
