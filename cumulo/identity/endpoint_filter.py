"""Which endpoints a project's catalog holds: those it was given, one by one or in groups; all while it was given none.

A group names no endpoints but what they have in common, so an endpoint that is added later is in it too.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity_cloud as cloud
from cumulo.common.ids import Ids
from cumulo.identity import rows
from cumulo.identity.model import Endpoint

FILTERS = ("name",)
_GROUP, _GROUP_PROJECT, _ENDPOINT_PROJECT = cloud.endpoint_group, cloud.endpoint_group_project, cloud.endpoint_project
_GONE = "The endpoint, group or project has just been deleted."


@dataclasses.dataclass(frozen=True)
class EndpointGroup:
    """Endpoints named by what they have in common: {"interface": ..., "service_id": ..., "region_id": ...}."""

    id: str
    name: str
    description: str | None
    filters: dict[str, str]

    def holds(self, endpoint: Endpoint) -> bool:
        """Say whether an endpoint is in the group."""
        return _fits(self.filters, endpoint)


def get_group(connection: sa.Connection, group_id: str) -> EndpointGroup:
    """Return an endpoint group; raises NotFound."""
    row = connection.execute(_groups().where(_GROUP.c.id == group_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find endpoint group: {group_id}.")
    return EndpointGroup(*row)


def list_groups(connection: sa.Connection, query: Mapping[str, str]) -> list[EndpointGroup]:
    """Return the endpoint groups that fit a query string, oldest first."""
    statement = _groups().where(*rows.conditions(_GROUP, FILTERS, query))
    return [EndpointGroup(*row) for row in connection.execute(statement.order_by(_GROUP.c.created_at, _GROUP.c.id))]


def create_group(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> EndpointGroup:
    """Insert an endpoint group and return it."""
    made = EndpointGroup(rows.new_id(ids), values["name"], values.get("description"), dict(values["filters"]))
    rows.insert(connection, _GROUP, dataclasses.asdict(made) | {"created_at": now}, _GONE)
    return made


def update_group(connection: sa.Connection, group_id: str, values: Mapping[str, Any]) -> EndpointGroup:
    """Change an endpoint group, but for what is null and cannot be; raises NotFound."""
    get_group(connection, group_id)
    changes = {name: value for name, value in values.items() if value is not None or _GROUP.c[name].nullable}
    rows.update(connection, _GROUP, group_id, changes, _GONE)
    return get_group(connection, group_id)


def delete_group(connection: sa.Connection, group_id: str) -> None:
    """Delete an endpoint group; projects that had it lose its endpoints. Raises NotFound."""
    if not connection.execute(sa.delete(_GROUP).where(_GROUP.c.id == group_id)).rowcount:
        raise errors.NotFound(f"Could not find endpoint group: {group_id}.")


def give(connection: sa.Connection, project_id: str, *, endpoint_id: str | None = None,
         group_id: str | None = None) -> None:
    """Give a project an endpoint or a group of them; giving it again changes nothing."""
    table, values = _association(project_id, endpoint_id, group_id)
    if not is_given(connection, project_id, endpoint_id=endpoint_id, group_id=group_id):
        rows.insert(connection, table, values, _GONE)


def take(connection: sa.Connection, project_id: str, *, endpoint_id: str | None = None,
         group_id: str | None = None) -> None:
    """Take an endpoint or a group from a project; raises NotFound where it was not given."""
    table, values = _association(project_id, endpoint_id, group_id)
    if not connection.execute(sa.delete(table).where(*_equal(table, values))).rowcount:
        raise not_given(project_id)


def is_given(connection: sa.Connection, project_id: str, *, endpoint_id: str | None = None,
             group_id: str | None = None) -> bool:
    """Say whether a project was given an endpoint itself, or a group."""
    table, values = _association(project_id, endpoint_id, group_id)
    return connection.execute(sa.select(table).where(*_equal(table, values))).first() is not None


def not_given(project_id: str) -> errors.NotFound:
    """Return the error for what a project was not given."""
    return errors.NotFound(f"Project {project_id} was not given this endpoint or endpoint group.")


def projects_with(connection: sa.Connection, *, endpoint_id: str | None = None,
                  group_id: str | None = None) -> set[str]:
    """Return the ids of the projects that were given an endpoint itself, or a group."""
    table, values = _association("", endpoint_id, group_id)
    del values["project_id"]
    return set(connection.execute(sa.select(table.c.project_id).where(*_equal(table, values))).scalars())


def groups_of(connection: sa.Connection, project_id: str) -> list[EndpointGroup]:
    """Return the endpoint groups a project was given, oldest first."""
    statement = _groups().join(_GROUP_PROJECT, _GROUP_PROJECT.c.endpoint_group_id == _GROUP.c.id).where(
        _GROUP_PROJECT.c.project_id == project_id).order_by(_GROUP.c.created_at, _GROUP.c.id)
    return [EndpointGroup(*row) for row in connection.execute(statement)]


def given(connection: sa.Connection, project_id: str, endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Return which of the endpoints a project was given, itself or in a group."""
    table = _ENDPOINT_PROJECT
    own = set(connection.execute(sa.select(table.c.endpoint_id).where(table.c.project_id == project_id)).scalars())
    groups = groups_of(connection, project_id)
    return [each for each in endpoints if each.id in own or any(group.holds(each) for group in groups)]


def for_catalog(connection: sa.Connection, project_id: str | None, endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return what of the endpoints a catalog shows: all where there is no project, or one that was given none."""
    return (given(connection, project_id, endpoints) or endpoints) if project_id else endpoints


def _fits(filters: Mapping[str, str], endpoint: Endpoint) -> bool:
    return all(getattr(endpoint, name) == value for name, value in filters.items())


def _groups() -> "sa.Select[Any]":
    return sa.select(*(_GROUP.c[field.name] for field in dataclasses.fields(EndpointGroup)))


def _association(project_id: str, endpoint_id: str | None, group_id: str | None) -> tuple[sa.Table, dict[str, str]]:
    if group_id is not None:
        return _GROUP_PROJECT, {"endpoint_group_id": group_id, "project_id": project_id}
    return _ENDPOINT_PROJECT, {"endpoint_id": endpoint_id or "", "project_id": project_id}


def _equal(table: sa.Table, values: Mapping[str, str]) -> "list[sa.ColumnElement[bool]]":
    return [table.c[name] == value for name, value in values.items()]
