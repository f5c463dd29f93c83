"""Limits: how much of a resource anybody may have by default, and how much a project or domain may have.

Identity only keeps the numbers; services ask for them. The model is flat: a project's limit says nothing
about the projects below it.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables import identity_cloud as cloud
from cumulo.common.ids import Ids
from cumulo.identity import rows

MODEL = {"name": "flat",
         "description": "A limit holds for its project or domain alone: projects below it are not counted."}
REGISTERED_FILTERS = ("service_id", "region_id", "resource_name")
FILTERS = (*REGISTERED_FILTERS, "project_id", "domain_id")
REGISTERED_CLASH = "A limit is registered already for this resource of the service in the region."
CLASH = "The project or domain has a limit for this resource already."
_REGISTERED, _LIMIT = cloud.registered_limit, cloud.limit


@dataclasses.dataclass(frozen=True)
class RegisteredLimit:
    """What anybody may have of a resource unless a limit says otherwise; -1 is all there is."""

    id: str
    service_id: str
    region_id: str | None
    resource_name: str
    default_limit: int
    description: str | None


@dataclasses.dataclass(frozen=True)
class Limit:
    """What a project or a domain may have of a resource."""

    id: str
    service_id: str
    region_id: str | None
    resource_name: str
    resource_limit: int
    description: str | None
    project_id: str | None
    domain_id: str | None


def get_registered(connection: sa.Connection, limit_id: str) -> RegisteredLimit:
    """Return a registered limit; raises NotFound."""
    row = connection.execute(_registered().where(_REGISTERED.c.id == limit_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find registered limit: {limit_id}.")
    return RegisteredLimit(*row)


def list_registered(connection: sa.Connection, query: Mapping[str, str]) -> list[RegisteredLimit]:
    """Return the registered limits that fit a query string, oldest first."""
    statement = _registered().where(*rows.conditions(_REGISTERED, REGISTERED_FILTERS, query))
    return [RegisteredLimit(*row)
            for row in connection.execute(statement.order_by(_REGISTERED.c.created_at, _REGISTERED.c.id))]


def register(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> RegisteredLimit:
    """Register a limit; raises BadRequest for an unknown service or region, Conflict where there is one."""
    subject = (values["service_id"], values.get("region_id"), values["resource_name"])
    _check_subject(connection, *subject[:2])
    made = RegisteredLimit(rows.new_id(ids), *subject, values["default_limit"], values.get("description"))
    rows.insert(connection, _REGISTERED,
                dataclasses.asdict(made) | {"subject": _subject(*subject), "created_at": now}, REGISTERED_CLASH)
    return made


def update_registered(connection: sa.Connection, limit_id: str, values: Mapping[str, Any]) -> RegisteredLimit:
    """Change a registered limit; what it is about stays while limits stand on it, else Forbidden."""
    before = get_registered(connection, limit_id)
    changed = dataclasses.replace(before, **values)
    if (before.service_id, before.region_id, before.resource_name) != (
            changed.service_id, changed.region_id, changed.resource_name):
        _check_unused(connection, limit_id)
        _check_subject(connection, changed.service_id, changed.region_id)
    subject = _subject(changed.service_id, changed.region_id, changed.resource_name)
    rows.update(connection, _REGISTERED, limit_id, dict(values) | {"subject": subject}, REGISTERED_CLASH)
    return changed


def unregister(connection: sa.Connection, limit_id: str) -> None:
    """Delete a registered limit; raises Forbidden while limits stand on it."""
    get_registered(connection, limit_id)
    _check_unused(connection, limit_id)
    connection.execute(sa.delete(_REGISTERED).where(_REGISTERED.c.id == limit_id))


def find(connection: sa.Connection, limit_id: str, *whose: "sa.ColumnElement[bool]") -> Limit | None:
    """Return a limit that meets the conditions, or None."""
    row = connection.execute(_limits().where(_LIMIT.c.id == limit_id, *whose)).one_or_none()
    return None if row is None else Limit(*row)


def get(connection: sa.Connection, limit_id: str) -> Limit:
    """Return a limit; raises NotFound."""
    found = find(connection, limit_id)
    if found is None:
        raise not_found(limit_id)
    return found


def not_found(limit_id: str) -> errors.NotFound:
    """Return the error for a limit that is not there, or not for the caller."""
    return errors.NotFound(f"Could not find limit: {limit_id}.")


def listed(connection: sa.Connection, query: Mapping[str, str], *whose: "sa.ColumnElement[bool]") -> list[Limit]:
    """Return the limits that fit a query string and the conditions, oldest first."""
    statement = _limits().where(*rows.conditions(_REGISTERED, REGISTERED_FILTERS, query),
                                *rows.conditions(_LIMIT, ("project_id", "domain_id"), query), *whose)
    return [Limit(*row) for row in connection.execute(statement.order_by(_LIMIT.c.created_at, _LIMIT.c.id))]


def of(project_id: str | None, domain_id: str | None) -> "sa.ColumnElement[bool]":
    """Return the condition that a limit is a project's, or a domain's or one of its projects'."""
    mine: list[sa.ColumnElement[bool]] = []
    if project_id is not None:
        mine.append(_LIMIT.c.project_id == project_id)
    if domain_id is not None:
        below = sa.select(tables.project.c.id).where(tables.project.c.domain_id == domain_id)
        mine += [_LIMIT.c.domain_id == domain_id, _LIMIT.c.project_id.in_(below)]
    return sa.or_(sa.false(), *mine)


def effective(connection: sa.Connection, service_type: str, resources: Collection[str],
              project_id: str | None) -> dict[str, int]:
    """Return what a project may have of a service's resources: its own limit, or else the registered one.

    A resource for which nothing is registered is left out, -1 is no limit. Of several services or regions the
    smallest number counts.
    """
    own = sa.and_(_LIMIT.c.registered_limit_id == _REGISTERED.c.id, _LIMIT.c.project_id == (project_id or ""))
    number = sa.func.coalesce(_LIMIT.c.resource_limit, _REGISTERED.c.default_limit)
    query = sa.select(_REGISTERED.c.resource_name, number).select_from(
        _REGISTERED.join(tables.service, tables.service.c.id == _REGISTERED.c.service_id).outerjoin(_LIMIT, own),
    ).where(tables.service.c.type == service_type, _REGISTERED.c.resource_name.in_(resources))
    found: dict[str, int] = {}
    for name, value in connection.execute(query):
        before = found.get(name, -1)
        found[name] = max(before, value) if -1 in (before, value) else min(before, value)
    return found


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Limit:
    """Insert a limit.

    Raises BadRequest unless exactly one project or domain is named, is there, and a limit is registered for the
    resource; Conflict where it has one.
    """
    project_id, domain_id = values.get("project_id"), values.get("domain_id")
    if (project_id is None) == (domain_id is None):
        raise errors.BadRequest("A limit is for either a project or a domain: name one of the two.")
    _check_exists(connection, tables.domain if project_id is None else tables.project, project_id or domain_id or "")
    subject = (values["service_id"], values.get("region_id"), values["resource_name"])
    registered_id = connection.execute(
        sa.select(_REGISTERED.c.id).where(_REGISTERED.c.subject == _subject(*subject))).scalar_one_or_none()
    if registered_id is None:
        raise errors.BadRequest(f"No limit is registered for {subject[2]} of this service in this region.")
    limit_id = rows.new_id(ids)
    rows.insert(connection, _LIMIT, {
        "id": limit_id, "registered_limit_id": registered_id, "project_id": project_id, "domain_id": domain_id,
        "resource_limit": values["resource_limit"], "description": values.get("description"), "created_at": now}, CLASH)
    return get(connection, limit_id)


def update(connection: sa.Connection, limit_id: str, values: Mapping[str, Any]) -> Limit:
    """Change a limit's number or description; raises NotFound."""
    get(connection, limit_id)
    rows.update(connection, _LIMIT, limit_id, values, CLASH)
    return get(connection, limit_id)


def delete(connection: sa.Connection, limit_id: str) -> None:
    """Delete a limit; raises NotFound."""
    if not connection.execute(sa.delete(_LIMIT).where(_LIMIT.c.id == limit_id)).rowcount:
        raise not_found(limit_id)


def _registered() -> "sa.Select[Any]":
    return sa.select(*(_REGISTERED.c[field.name] for field in dataclasses.fields(RegisteredLimit)))


def _limits() -> "sa.Select[Any]":
    columns = ((_LIMIT if field.name in _LIMIT.c else _REGISTERED).c[field.name] for field in dataclasses.fields(Limit))
    return sa.select(*columns).join(_REGISTERED, _REGISTERED.c.id == _LIMIT.c.registered_limit_id)


def _subject(service_id: str, region_id: str | None, resource_name: str) -> str:
    """Return what must be unique. No id of a service or region holds a slash, so no two mean the same."""
    return f"{service_id}/{region_id or ''}/{resource_name}"


def _check_subject(connection: sa.Connection, service_id: str, region_id: str | None) -> None:
    _check_exists(connection, tables.service, service_id)
    if region_id is not None:
        _check_exists(connection, tables.region, region_id)


def _check_exists(connection: sa.Connection, table: sa.Table, row_id: str) -> None:
    if connection.execute(sa.select(table.c.id).where(table.c.id == row_id)).first() is None:
        raise errors.BadRequest(f"Could not find {table.name.removeprefix('identity_')}: {row_id}.")


def _check_unused(connection: sa.Connection, limit_id: str) -> None:
    if connection.execute(sa.select(_LIMIT.c.id).where(_LIMIT.c.registered_limit_id == limit_id)).first():
        raise errors.Forbidden(f"Unable to update or delete registered limit {limit_id}: projects or domains have "
                               "limits of their own for it.")
