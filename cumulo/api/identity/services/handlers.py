"""Services of the catalog: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import catalog
from cumulo.identity.model import Service


def create(request: Request) -> dict[str, Any]:
    """Create a service."""
    services = request.services
    with changing(request) as (connection, _):
        made = catalog.create(connection, services.ids, services.clock.now(), Service, request.body["service"])
    return {"service": views.service(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List services."""
    with request.services.database.read() as connection:
        found = catalog.listed(connection, Service, query_of(request))
    return collection(request, "services", [views.service(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a service."""
    with request.services.database.read() as connection:
        found = catalog.get(connection, Service, request.params["service_id"])
    return {"service": views.service(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a service."""
    with changing(request) as (connection, _):
        changed = catalog.update(connection, Service, request.params["service_id"], request.body["service"])
    return {"service": views.service(request, changed)}


def delete(request: Request) -> None:
    """Delete a service."""
    with changing(request) as (connection, _):
        catalog.delete(connection, Service, request.params["service_id"])
