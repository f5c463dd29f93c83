"""Registered limits: register, list, show, change, delete."""

from typing import Any

from cumulo.api.identity.common import collection, link, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import limits
from cumulo.identity.limits import RegisteredLimit


def create(request: Request) -> dict[str, Any]:
    """Register one limit or several: all or none."""
    services = request.services
    with services.database.write() as connection:
        made = [limits.register(connection, services.ids, services.clock.now(), values)
                for values in request.body["registered_limits"]]
    return collection(request, "registered_limits", [view(request, each) for each in made])


def index(request: Request) -> dict[str, Any]:
    """List registered limits."""
    with request.services.database.read() as connection:
        found = limits.list_registered(connection, query_of(request))
    return collection(request, "registered_limits", [view(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a registered limit."""
    with request.services.database.read() as connection:
        found = limits.get_registered(connection, request.params["registered_limit_id"])
    return {"registered_limit": view(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a registered limit."""
    with request.services.database.write() as connection:
        changed = limits.update_registered(connection, request.params["registered_limit_id"],
                                           request.body["registered_limit"])
    return {"registered_limit": view(request, changed)}


def delete(request: Request) -> None:
    """Delete a registered limit that no limit stands on."""
    with request.services.database.write() as connection:
        limits.unregister(connection, request.params["registered_limit_id"])


def view(request: Request, record: RegisteredLimit) -> dict[str, Any]:
    """Return a registered limit as JSON."""
    return {"id": record.id, "service_id": record.service_id, "region_id": record.region_id,
            "resource_name": record.resource_name, "default_limit": record.default_limit,
            "description": record.description, "links": {"self": link(request, "registered_limits", record.id)}}
