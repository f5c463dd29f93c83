"""Endpoints of the catalog: create, list, show, change, delete."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import catalog
from cumulo.identity.model import Endpoint, Region


def create(request: Request) -> dict[str, Any]:
    """Create an endpoint."""
    services = request.services
    with changing(request) as (connection, _):
        values = _with_region(request, connection)
        made = catalog.create(connection, services.ids, services.clock.now(), Endpoint, values)
    return {"endpoint": views.endpoint(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List endpoints."""
    with request.services.database.read() as connection:
        found = catalog.listed(connection, Endpoint, query_of(request))
    return collection(request, "endpoints", [views.endpoint(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return an endpoint."""
    with request.services.database.read() as connection:
        found = catalog.get(connection, Endpoint, request.params["endpoint_id"])
    return {"endpoint": views.endpoint(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change an endpoint."""
    with changing(request) as (connection, _):
        changed = catalog.update(connection, Endpoint, request.params["endpoint_id"],
                                 _with_region(request, connection))
    return {"endpoint": views.endpoint(request, changed)}


def delete(request: Request) -> None:
    """Delete an endpoint."""
    with changing(request) as (connection, _):
        catalog.delete(connection, Endpoint, request.params["endpoint_id"])


def _with_region(request: Request, connection: sa.Connection) -> dict[str, Any]:
    """Return the body with the older attribute region as region_id; a region named so is made where it is new."""
    values = dict(request.body["endpoint"])
    region_id = values.pop("region", None)
    if region_id is None or values.get("region_id") is not None:
        return values
    if not any(region.id == region_id for region in catalog.listed(connection, Region, {})):
        services = request.services
        catalog.create(connection, services.ids, services.clock.now(), Region, {"id": region_id})
    return values | {"region_id": region_id}
