"""Endpoint groups: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, link, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import catalog, endpoint_filter
from cumulo.identity.endpoint_filter import EndpointGroup
from cumulo.identity.model import Endpoint


def create(request: Request) -> dict[str, Any]:
    """Create an endpoint group."""
    services = request.services
    with services.database.write() as connection:
        made = endpoint_filter.create_group(connection, services.ids, services.clock.now(),
                                            request.body["endpoint_group"])
    return {"endpoint_group": view(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List endpoint groups."""
    with request.services.database.read() as connection:
        found = endpoint_filter.list_groups(connection, query_of(request))
    return collection(request, "endpoint_groups", [view(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return an endpoint group."""
    with request.services.database.read() as connection:
        found = endpoint_filter.get_group(connection, request.params["endpoint_group_id"])
    return {"endpoint_group": view(request, found)}


def endpoints(request: Request) -> dict[str, Any]:
    """List the endpoints in a group."""
    with request.services.database.read() as connection:
        group = endpoint_filter.get_group(connection, request.params["endpoint_group_id"])
        found = [each for each in catalog.listed(connection, Endpoint, {}) if group.holds(each)]
    return collection(request, "endpoints", [views.endpoint(request, each) for each in found])


def update(request: Request) -> dict[str, Any]:
    """Change an endpoint group, and with it the catalogs of the projects that have it."""
    with changing(request) as (connection, _):
        changed = endpoint_filter.update_group(connection, request.params["endpoint_group_id"],
                                               request.body["endpoint_group"])
    return {"endpoint_group": view(request, changed)}


def delete(request: Request) -> None:
    """Delete an endpoint group."""
    with changing(request) as (connection, _):
        endpoint_filter.delete_group(connection, request.params["endpoint_group_id"])


def view(request: Request, record: EndpointGroup) -> dict[str, Any]:
    """Return an endpoint group as JSON."""
    return {"id": record.id, "name": record.name, "description": record.description, "filters": record.filters,
            "links": {"self": link(request, "OS-EP-FILTER", "endpoint_groups", record.id)}}
