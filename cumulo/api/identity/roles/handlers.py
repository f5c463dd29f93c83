"""Roles: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import roles


def create(request: Request) -> dict[str, Any]:
    """Create a role."""
    services = request.services
    with services.database.write() as connection:
        made = roles.create(connection, services.ids, services.clock.now(), request.body["role"])
    return {"role": views.role(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List roles. Roles belong to no domain here, so asking for those of one gives none."""
    query = query_of(request)
    if query.get("domain_id"):
        return collection(request, "roles", [])
    with request.services.database.read() as connection:
        found = roles.listed(connection, query)
    return collection(request, "roles", [views.role(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a role."""
    with request.services.database.read() as connection:
        found = roles.get(connection, request.params["role_id"])
    return {"role": views.role(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a role's name or description."""
    with changing(request) as (connection, record):
        changed = roles.update(connection, record, request.params["role_id"], request.body["role"])
    return {"role": views.role(request, changed)}


def delete(request: Request) -> None:
    """Delete a role and take it from everybody."""
    with changing(request) as (connection, record):
        roles.delete(connection, record, request.params["role_id"])
