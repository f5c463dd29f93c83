"""Telling endpoints, services and regions which policy to follow, and which one they do follow."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import collection
from cumulo.api.identity.stored_policies.handlers import view
from cumulo.api.wsgi.route import Request
from cumulo.identity import stored_policies
from cumulo.identity.stored_policies import Subject


def follow(request: Request) -> None:
    """Let an endpoint, a service, or a service in a region follow a policy."""
    with request.services.database.write() as connection:
        stored_policies.follow(connection, request.params["policy_id"], _subject(request))


def check(request: Request) -> None:
    """Say whether an endpoint, a service, or a service in a region was told to follow a policy."""
    with request.services.database.read() as connection:
        stored_policies.check_follows(connection, request.params["policy_id"], _subject(request))


def unfollow(request: Request) -> None:
    """Let an endpoint, a service, or a service in a region no longer follow a policy."""
    with request.services.database.write() as connection:
        stored_policies.unfollow(connection, request.params["policy_id"], _subject(request))


def endpoints(request: Request) -> dict[str, Any]:
    """List the endpoints that follow a policy."""
    with request.services.database.read() as connection:
        found = stored_policies.endpoints_of(connection, request.params["policy_id"])
    return collection(request, "endpoints", [views.endpoint(request, each) for each in found])


def of_endpoint(request: Request) -> dict[str, Any]:
    """Return the policy that an endpoint follows."""
    with request.services.database.read() as connection:
        found = stored_policies.of_endpoint(connection, request.params["endpoint_id"])
    return {"policy": view(request, found)}


def _subject(request: Request) -> Subject:
    return Subject(*(request.params.get(name) for name in ("endpoint_id", "service_id", "region_id")))
