"""Limits: create, list, show, change, delete; and how they are meant."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity.common import collection, link, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import limits
from cumulo.identity.limits import Limit


def model(request: Request) -> dict[str, Any]:
    """Return what a limit means for projects below its project."""
    return {"model": dict(limits.MODEL)}


def create(request: Request) -> dict[str, Any]:
    """Create one limit or several: all or none."""
    services = request.services
    with services.database.write() as connection:
        made = [limits.create(connection, services.ids, services.clock.now(), values)
                for values in request.body["limits"]]
    return collection(request, "limits", [view(request, each) for each in made])


def index(request: Request) -> dict[str, Any]:
    """List limits: all to readers of the system, else those of the caller's project or domain."""
    with request.services.database.read() as connection:
        found = limits.listed(connection, query_of(request), *_whose(request))
    return collection(request, "limits", [view(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a limit that the caller may see."""
    limit_id = request.params["limit_id"]
    with request.services.database.read() as connection:
        found = limits.find(connection, limit_id, *_whose(request))
    if found is None:
        raise limits.not_found(limit_id)
    return {"limit": view(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a limit."""
    with request.services.database.write() as connection:
        changed = limits.update(connection, request.params["limit_id"], request.body["limit"])
    return {"limit": view(request, changed)}


def delete(request: Request) -> None:
    """Delete a limit."""
    with request.services.database.write() as connection:
        limits.delete(connection, request.params["limit_id"])


def view(request: Request, record: Limit) -> dict[str, Any]:
    """Return a limit as JSON."""
    return {"id": record.id, "service_id": record.service_id, "region_id": record.region_id,
            "resource_name": record.resource_name, "resource_limit": record.resource_limit,
            "description": record.description, "project_id": record.project_id, "domain_id": record.domain_id,
            "links": {"self": link(request, "limits", record.id)}}


def _whose(request: Request) -> "list[sa.ColumnElement[bool]]":
    """Return the conditions that leave out what the caller may not see."""
    context = request.context
    if request.may("identity:get_limit", {"project_id": "", "domain_id": ""}):
        return []
    return [limits.of(context.project_id, context.domain_id)]
