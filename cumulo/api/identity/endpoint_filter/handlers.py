"""Giving projects endpoints and groups of them, and taking them away."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection
from cumulo.api.identity.endpoint_groups import handlers as groups
from cumulo.api.wsgi.route import Request
from cumulo.identity import catalog, endpoint_filter, projects
from cumulo.identity.model import Endpoint


def give(request: Request) -> None:
    """Give a project an endpoint, or a group of them."""
    with changing(request) as (connection, _):
        project_id, what = _named(request, connection)
        endpoint_filter.give(connection, project_id, **what)


def take(request: Request) -> None:
    """Take an endpoint, or a group of them, from a project."""
    with changing(request) as (connection, _):
        project_id, what = _named(request, connection)
        endpoint_filter.take(connection, project_id, **what)


def check(request: Request) -> None:
    """Say whether a project was given an endpoint."""
    with request.services.database.read() as connection:
        _check_given(request, connection)


def show_group(request: Request) -> dict[str, Any]:
    """Return an endpoint group that a project was given."""
    with request.services.database.read() as connection:
        _check_given(request, connection)
        found = endpoint_filter.get_group(connection, request.params["endpoint_group_id"])
    return {"endpoint_group": groups.view(request, found)}


def endpoints_of_project(request: Request) -> dict[str, Any]:
    """List the endpoints that a project was given, one by one or in groups."""
    with request.services.database.read() as connection:
        project = projects.get(connection, request.params["project_id"])
        found = endpoint_filter.given(connection, project.id, catalog.listed(connection, Endpoint, {}))
    return collection(request, "endpoints", [views.endpoint(request, each) for each in found])


def groups_of_project(request: Request) -> dict[str, Any]:
    """List the endpoint groups that a project was given."""
    with request.services.database.read() as connection:
        project = projects.get(connection, request.params["project_id"])
        found = endpoint_filter.groups_of(connection, project.id)
    return collection(request, "endpoint_groups", [groups.view(request, each) for each in found])


def projects_with(request: Request) -> dict[str, Any]:
    """List the projects that were given an endpoint itself, or a group."""
    with request.services.database.read() as connection:
        reached = endpoint_filter.projects_with(connection, **_what(request, connection))
        found = projects.listed(connection, {}, only=reached)
    return collection(request, "projects", [views.project(request, each) for each in found])


def _check_given(request: Request, connection: sa.Connection) -> None:
    project_id, what = _named(request, connection)
    if not endpoint_filter.is_given(connection, project_id, **what):
        raise endpoint_filter.not_given(project_id)


def _named(request: Request, connection: sa.Connection) -> tuple[str, dict[str, str]]:
    """Return the project and the endpoint or group that the path names; raises NotFound."""
    what = _what(request, connection)
    return projects.get(connection, request.params["project_id"]).id, what


def _what(request: Request, connection: sa.Connection) -> dict[str, str]:
    if "endpoint_group_id" in request.params:
        return {"group_id": endpoint_filter.get_group(connection, request.params["endpoint_group_id"]).id}
    return {"endpoint_id": catalog.get(connection, Endpoint, request.params["endpoint_id"]).id}
