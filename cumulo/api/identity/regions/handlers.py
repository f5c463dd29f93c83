"""Regions of the catalog: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import catalog
from cumulo.identity.model import Region


def create(request: Request) -> dict[str, Any]:
    """Create a region."""
    services = request.services
    with changing(request) as (connection, _):
        made = catalog.create(connection, services.ids, services.clock.now(), Region, request.body["region"])
    return {"region": views.region(request, made)}


def create_named(request: Request) -> dict[str, Any]:
    """Create a region with the id in the path."""
    region_id, services = request.params["region_id"], request.services
    values = request.body["region"]
    if values.get("id", region_id) != region_id:
        raise errors.BadRequest("The id in the body is not the id in the path.")
    with changing(request) as (connection, _):
        made = catalog.create(connection, services.ids, services.clock.now(), Region, values | {"id": region_id})
    return {"region": views.region(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List regions."""
    with request.services.database.read() as connection:
        found = catalog.listed(connection, Region, query_of(request))
    return collection(request, "regions", [views.region(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a region."""
    with request.services.database.read() as connection:
        found = catalog.get(connection, Region, request.params["region_id"])
    return {"region": views.region(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a region."""
    with changing(request) as (connection, _):
        changed = catalog.update(connection, Region, request.params["region_id"], request.body["region"])
    return {"region": views.region(request, changed)}


def delete(request: Request) -> None:
    """Delete a region."""
    with changing(request) as (connection, _):
        catalog.delete(connection, Region, request.params["region_id"])
