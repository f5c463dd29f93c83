"""Domains: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of, visible
from cumulo.api.identity.projects import holdings
from cumulo.api.wsgi.route import Request
from cumulo.identity import domains


def create(request: Request) -> dict[str, Any]:
    """Create a domain."""
    values, services = request.body["domain"], request.services
    with services.database.write() as connection:
        made = domains.create(connection, services.ids, services.clock.now(), values,
                              domain_id=values.get("explicit_domain_id"))
    return {"domain": views.domain(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List domains."""
    with request.services.database.read() as connection:
        found = domains.listed(connection, query_of(request))
    return collection(request, "domains", [views.domain(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a domain: to readers of the system, and to whoever belongs to it."""
    domain_id = request.params["domain_id"]
    with request.services.database.read() as connection:
        found = domains.find(connection, domain_id)
    domain = visible(request, "identity:get_domain", found, f"domain: {domain_id}", {"domain_id": domain_id})
    return {"domain": views.domain(request, domain)}


def update(request: Request) -> dict[str, Any]:
    """Change a domain; disabling it refuses the tokens of its users and projects."""
    with changing(request) as (connection, record):
        changed = domains.update(connection, record, request.params["domain_id"], request.body["domain"])
    return {"domain": views.domain(request, changed)}


def delete(request: Request) -> None:
    """Delete a disabled domain with its users and its projects, which must have nothing any more."""
    with changing(request) as (connection, record):
        removed = holdings.delete_domain(connection, record, request.params["domain_id"], request.context)
    for each in removed:
        each.finish(request)
