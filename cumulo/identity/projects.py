"""Projects: what owns resources, and what most tokens are scoped to."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.identity import rows
from cumulo.identity.model import BELOW, Project, Scope
from cumulo.identity.revocations import Recorder

CLASH = "A project with this name exists already in the domain."
FILTERS = ("id", "name", "enabled", "domain_id")
COLUMNS = ("name", "description", "enabled", "tags")
# Attributes the API knows beside the columns: they say what a project is and never change.
FIXED = ("domain_id", "parent_id", "is_domain", "options")


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
    statement = sa.select(table).where(*rows.conditions(table, FILTERS, query)).order_by(table.c.name, table.c.id)
    if query.get("parent_id"):  # every project stands directly below its domain
        statement = statement.where(table.c.domain_id == query["parent_id"])
    if only is not None:
        statement = statement.where(table.c.id.in_(only))
    return [_project(row) for row in connection.execute(statement)]


def create(connection: sa.Connection, ids: Ids, now: float, domain_id: str, values: Mapping[str, Any]) -> Project:
    """Insert a project and return it.

    Raises BadRequest for an unknown domain or a parent that is not the domain, Conflict for a name in use.
    """
    if connection.execute(sa.select(tables.domain.c.id).where(tables.domain.c.id == domain_id)).first() is None:
        raise errors.BadRequest(f"Could not find domain: {domain_id}.")
    _check_fixed(values, domain_id)
    row = {"id": rows.new_id(ids), "created_at": now, "domain_id": domain_id, "name": values["name"],
           "description": values.get("description") or "", "enabled": values.get("enabled", True),
           "tags": list(values.get("tags") or ()), "extra": extra_of(values, COLUMNS + FIXED)}
    rows.insert(connection, tables.project, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, project_id: str, values: Mapping[str, Any]) -> Project:
    """Change a project; disabling refuses every token scoped to it."""
    before = get(connection, project_id)
    _check_fixed(values, before.domain_id)
    changes = changed_columns(values)
    changes["extra"] = before.extra | extra_of(values, COLUMNS + FIXED)
    rows.update(connection, tables.project, project_id, changes, CLASH)
    if values.get("enabled") is False:
        record.project(project_id)
    else:
        record.change()
    return get(connection, project_id)


def delete(connection: sa.Connection, record: Recorder, project_id: str) -> None:
    """Delete a project and every role on it; raises NotFound."""
    get(connection, project_id)
    forget_target(connection, Scope("project", project_id))
    connection.execute(sa.delete(tables.project).where(tables.project.c.id == project_id))
    record.project(project_id)


def hold(connection: sa.Connection, project_id: str) -> None:
    """Keep a project from being deleted until the transaction ends; raises Conflict when it is gone.

    Whoever puts something into a project holds it: what a deletion found empty stays empty.
    """
    query = sa.select(tables.project.c.id).where(tables.project.c.id == project_id)
    if connection.execute(query.with_for_update(read=True, key_share=True)).first() is None:
        conflicts.meet("create in a project", "its deletion", errors.Conflict(
            f"Project {project_id} does not exist: it may just have been deleted."))


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


def _check_fixed(values: Mapping[str, Any], domain_id: str) -> None:
    if values.get("is_domain"):
        raise errors.BadRequest("A project cannot act as a domain here: create a domain.")
    if values.get("parent_id") not in (None, domain_id):
        raise errors.BadRequest("A project's parent is its domain: projects do not nest here.")
    if values.get("domain_id") not in (None, domain_id):
        raise errors.BadRequest("A project's domain cannot be changed.")


def _project(row: "sa.Row[Any]") -> Project:
    return Project(row.id, row.domain_id, row.name, row.description, row.enabled, tuple(row.tags), row.extra)
