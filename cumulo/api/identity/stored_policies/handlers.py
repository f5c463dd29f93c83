"""Policies: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity.common import collection, link, query_of
from cumulo.api.wsgi.route import Request
from cumulo.identity import stored_policies
from cumulo.identity.stored_policies import StoredPolicy


def create(request: Request) -> dict[str, Any]:
    """Create a policy."""
    services = request.services
    with services.database.write() as connection:
        made = stored_policies.create(connection, services.ids, services.clock.now(), request.body["policy"])
    return {"policy": view(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List policies."""
    with request.services.database.read() as connection:
        found = stored_policies.listed(connection, query_of(request))
    return collection(request, "policies", [view(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a policy."""
    with request.services.database.read() as connection:
        found = stored_policies.get(connection, request.params["policy_id"])
    return {"policy": view(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a policy."""
    with request.services.database.write() as connection:
        changed = stored_policies.update(connection, request.params["policy_id"], request.body["policy"])
    return {"policy": view(request, changed)}


def delete(request: Request) -> None:
    """Delete a policy."""
    with request.services.database.write() as connection:
        stored_policies.delete(connection, request.params["policy_id"])


def view(request: Request, record: StoredPolicy) -> dict[str, Any]:
    """Return a policy as JSON; attributes of the client's own stand beside the known ones."""
    return {**record.extra, "id": record.id, "type": record.type, "blob": record.blob,
            "links": {"self": link(request, "policies", record.id)}}
