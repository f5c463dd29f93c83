"""Projects: what owns resources, and what most tokens are scoped to."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.identity import immutable, rows, trees
from cumulo.identity.model import BELOW, Project, Scope
from cumulo.identity.revocations import Recorder

CLASH = "A project with this name exists already in the domain."
FILTERS = ("id", "name", "enabled", "domain_id")
TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")
COLUMNS = ("name", "description", "enabled", "tags")
MOST_TAGS = 80
# Attributes the API knows beside the columns: they say what a project is, and mostly never change.
FIXED = ("domain_id", "parent_id", "is_domain", "options")
_ALL = sa.select(tables.project).order_by(tables.project.c.name, tables.project.c.id)
_HELD = sa.select(tables.project.c.id).where(tables.project.c.id == sa.bindparam("its_id")).with_for_update(
    read=True, key_share=True)
"""Made once: SQLAlchemy knows a statement again by what it has noted on it."""


def find(connection: sa.Connection, project_id: str) -> Project | None:
    """Return a project, or None."""
    row = connection.execute(sa.select(tables.project).where(tables.project.c.id == project_id)).one_or_none()
    return None if row is None else _project(row)


def get(connection: sa.Connection, project_id: str) -> Project:
    """Return a project; raises NotFound."""
    project = find(connection, project_id)
    if project is None:
        raise errors.NotFound(f"Could not find project: {project_id}.")
    return project


def listed(connection: sa.Connection, query: Mapping[str, str], *, only: set[str] | None = None) -> list[Project]:
    """Return the projects that fit a query string, by name; only restricts them to these ids."""
    table = tables.project
    statement = _ALL
    if found := rows.conditions(table, FILTERS, query):
        statement = statement.where(*found)
    if parent_id := query.get("parent_id"):
        statement = statement.where(sa.or_(table.c.parent_id == parent_id, sa.and_(
            table.c.parent_id.is_(None), table.c.domain_id == parent_id)))
    if only is not None:
        statement = statement.where(table.c.id.in_(sorted(only)))
    return [project for project in map(_project, connection.execute(statement)) if fits_tags(project.tags, query)]


def fits_tags(tags: Sequence[str], query: Mapping[str, str]) -> bool:
    """Say whether tags fit a query: all of `tags`, any of `tags-any`, not all and not any of the other two."""
    asked = {name: set(query[name].split(",")) for name in TAG_FILTERS if name in query}
    have = set(tags)
    return (("tags" not in asked or asked["tags"] <= have)
            and ("tags-any" not in asked or bool(asked["tags-any"] & have))
            and ("not-tags" not in asked or not asked["not-tags"] <= have)
            and ("not-tags-any" not in asked or not asked["not-tags-any"] & have))


def create(connection: sa.Connection, ids: Ids, now: float, domain_id: str, values: Mapping[str, Any], *,
           most_depth: int = 1) -> Project:
    """Insert a project and return it; it lies in the domain named, else in its parent's, else in domain_id.

    Raises BadRequest for a domain or parent that does not fit, Forbidden below most_depth levels, Conflict for a name
    in use.
    """
    parent = _held_parent(connection, values.get("parent_id"))
    domain_id = values.get("domain_id") or (parent.domain_id if parent else values.get("parent_id")) or domain_id
    if connection.execute(sa.select(tables.domain.c.id).where(tables.domain.c.id == domain_id)).first() is None:
        kind = "project" if domain_id == values.get("parent_id") else "domain"
        raise errors.BadRequest(f"Could not find {kind}: {domain_id}.")
    if parent is not None:
        _check_parent(connection, parent, domain_id, most_depth)
    elif values.get("parent_id") not in (None, domain_id):
        raise errors.BadRequest(f"Could not find project: {values['parent_id']}.")
    row = {"id": rows.new_id(ids), "created_at": now, "domain_id": domain_id, "name": values["name"],
           "description": values.get("description") or "", "enabled": values.get("enabled", True),
           "tags": list(values.get("tags") or ()), "extra": extra_of(values, COLUMNS + FIXED),
           "parent_id": parent.id if parent else None, "options": values.get("options") or {}}
    rows.insert(connection, tables.project, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, project_id: str, values: Mapping[str, Any]) -> Project:
    """Change a project; disabling refuses every token scoped to it.

    Raises Forbidden for another parent, for disabling what has enabled projects below, and for enabling what stands
    below a disabled one.
    """
    before = get(connection, project_id)
    _check_fixed(values, before)
    if values.get("enabled", before.enabled) != before.enabled:
        _check_line(connection, project_id, is_enabled=not before.enabled)
    changes = changed_columns(values)
    changes["extra"] = before.extra | extra_of(values, COLUMNS + FIXED)
    changes["options"] = immutable.changed_options("project", project_id, before.options, values)
    rows.update(connection, tables.project, project_id, changes, CLASH)
    if values.get("enabled") is False:
        record.project(project_id)
    else:
        record.change()
    return get(connection, project_id)


def enable_all(connection: sa.Connection, record: Recorder, project_id: str, *, is_enabled: bool) -> Project:
    """Enable or disable a project with all projects below it; refuses the tokens of those that are disabled."""
    if is_enabled:
        get(connection, project_id)
        _check_line(connection, project_id, is_enabled=True)
    for each in (project_id, *trees.ids_below(connection, project_id)):
        if get(connection, each).enabled != is_enabled:
            immutable.changed_options("project", each, get(connection, each).options, {})
            rows.update(connection, tables.project, each, {"enabled": is_enabled}, CLASH)
            if not is_enabled:
                record.project(each)
    record.change()
    return get(connection, project_id)


def delete(connection: sa.Connection, record: Recorder, project_id: str) -> None:
    """Delete a project and every role on it; raises NotFound, and Forbidden while there are projects below it."""
    immutable.refuse_deletion("project", project_id, get(connection, project_id).options)
    table = tables.project
    if connection.execute(sa.select(table.c.id).where(table.c.parent_id == project_id).limit(1)).first() is not None:
        raise errors.Forbidden(f"Cannot delete the project {project_id} since it is not a leaf in the hierarchy. "
                               "Delete the projects below it first, or all of them by /cascade.")
    remove(connection, record, project_id)


def delete_all(connection: sa.Connection, record: Recorder, project_id: str) -> None:
    """Delete a project with all projects below it; raises NotFound, and Forbidden where one is immutable."""
    for each in (project_id, *trees.ids_below(connection, project_id)):
        immutable.refuse_deletion("project", each, get(connection, each).options)
        remove(connection, record, each)


def remove(connection: sa.Connection, record: Recorder, project_id: str) -> None:
    """Delete a project whatever there is below it or it says: its parent or domain goes."""
    forget_target(connection, Scope("project", project_id))
    connection.execute(sa.delete(tables.project).where(tables.project.c.id == project_id))
    record.project(project_id)


def set_tags(connection: sa.Connection, project_id: str, tags: Sequence[str]) -> None:
    """Replace the tags of a project that the caller has locked; raises BadRequest for too many."""
    if len(tags) > MOST_TAGS:
        raise errors.BadRequest(f"A project has at most {MOST_TAGS} tags.")
    immutable.changed_options("project", project_id, get(connection, project_id).options, {})
    rows.update(connection, tables.project, project_id, {"tags": list(tags)}, CLASH)


def _held_parent(connection: sa.Connection, project_id: str | None) -> Project | None:
    """Return a project that cannot be deleted until the transaction ends; None where there is none, or no more."""
    if not project_id:
        return None
    query = sa.select(tables.project.c.id).where(tables.project.c.id == project_id)
    connection.execute(query.with_for_update(read=True, key_share=True)).first()
    return find(connection, project_id)


def hold(connection: sa.Connection, project_id: str) -> None:
    """Keep a project from being deleted until the transaction ends; raises Conflict when it is gone.

    Whoever puts something into a project holds it: what a deletion found empty stays empty.
    """
    if not hold_known(connection, project_id):
        conflicts.meet("create in a project", "its deletion", errors.Conflict(
            f"Project {project_id} does not exist: it may just have been deleted."))


def hold_known(connection: sa.Connection, project_id: str) -> bool:
    """Hold a project as hold() does if it is there, and say whether it is."""
    return connection.execute(_HELD, {"its_id": project_id}).first() is not None


def lock(connection: sa.Connection, project_id: str) -> None:
    """Wait for whoever holds a project, and let nobody hold it until the transaction ends."""
    query = sa.select(tables.project.c.id).where(tables.project.c.id == project_id)
    connection.execute(query.with_for_update()).first()


def forget_target(connection: sa.Connection, scope: Scope) -> None:
    """Delete every assignment on a target that is about to go."""
    for table in (tables.assignment, tables.group_assignment):
        connection.execute(sa.delete(table).where(
            table.c.target_kind.in_((scope.kind, BELOW + scope.kind)), table.c.target_id == scope.id))


def changed_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an update says of the columns that projects and domains share; null empties a text."""
    changes = {name: values[name] for name in COLUMNS if name in values}
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    return changes


def extra_of(values: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Return the attributes a client made up, to be kept as they are."""
    return {name: value for name, value in values.items() if name not in known}


def _check_fixed(values: Mapping[str, Any], before: Project) -> None:
    if values.get("is_domain"):
        raise errors.BadRequest("Whether a project is a domain cannot be changed.")
    if values.get("domain_id") not in (None, before.domain_id):
        raise errors.BadRequest("A project's domain cannot be changed.")
    if values.get("parent_id") not in (None, before.parent_id or before.domain_id):
        raise errors.Forbidden("A project's parent cannot be changed.")


def _check_parent(connection: sa.Connection, parent: Project, domain_id: str, most_depth: int) -> None:
    if parent.domain_id != domain_id:
        raise errors.BadRequest(f"The parent {parent.id} is not in domain {domain_id}.")
    if not parent.enabled:
        raise errors.BadRequest(f"The parent {parent.id} is disabled.")
    if len(trees.ids_above(connection, parent.id)) + 2 > most_depth:
        raise errors.Forbidden(f"Below a domain there are at most {most_depth} levels of projects.")


def _check_line(connection: sa.Connection, project_id: str, *, is_enabled: bool) -> None:
    """Hold that nothing enabled stands below something disabled."""
    table = tables.project
    others = trees.ids_above(connection, project_id) if is_enabled else trees.ids_below(connection, project_id)
    if connection.execute(sa.select(table.c.id).where(
            table.c.id.in_(others), table.c.enabled.is_(not is_enabled)).limit(1)).first() is not None:
        raise errors.Forbidden(
            f"Cannot enable project {project_id} since it has disabled parents." if is_enabled else
            f"Cannot disable project {project_id} since its subtree contains enabled projects.")


def _project(row: "sa.Row[Any]") -> Project:
    return Project(row.id, row.domain_id, row.name, row.description, row.enabled, tuple(row.tags), row.extra,
                   row.options or {}, row.parent_id)
