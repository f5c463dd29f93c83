"""Quotas: what projects may have, and what they have."""

from __future__ import annotations

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.network import quotas

Row = dict[str, Any]


def index(request: Request) -> Row:
    """The projects whose limits an administrator has set."""
    conf = request.services.conf
    with request.services.database.read() as connection:
        found = [quotas.limits(connection, conf, project_id) | {"project_id": project_id, "tenant_id": project_id}
                 for project_id in quotas.projects(connection)]
    return {"quotas": found}


def show(request: Request) -> Row:
    """What one project may have."""
    project_id = _project(request, "network:quotas:get")
    with request.services.database.read() as connection:
        return {"quota": quotas.limits(connection, request.services.conf, project_id)}


def show_defaults(request: Request) -> Row:
    """What any project may have of which nothing else was said."""
    _project(request, "network:quotas:get")
    return {"quota": quotas.defaults(request.services.conf)}


def show_details(request: Request) -> Row:
    """What one project may have, and what it has."""
    project_id = _project(request, "network:quotas:get")
    with request.services.database.read() as connection:
        limits = quotas.limits(connection, request.services.conf, project_id)
        return {"quota": {name: {"limit": most, "used": quotas.used(connection, project_id, name), "reserved": 0}
                          for name, most in limits.items()}}


def update(request: Request) -> Row:
    """Say what one project may have."""
    project_id, database = _project(request, "network:quotas:update"), request.services.database
    wanted = {name: int(most) for name, most in request.body["quota"].items()}
    if any(most < quotas.UNLIMITED for most in wanted.values()):
        raise errors.BadRequest("A quota is -1 or more.", kind="InvalidInput")
    with database.write() as connection:
        request.services.tokens.hold(connection, project_id)
        quotas.set_limits(connection, project_id, wanted)
        return {"quota": quotas.limits(connection, request.services.conf, project_id)}


def delete(request: Request) -> None:
    """Let the options decide what one project may have."""
    project_id = _project(request, "network:quotas:update")
    with request.services.database.write() as connection:
        quotas.reset(connection, project_id)


def _project(request: Request, rule: str) -> str:
    project_id = request.params["project_id"]
    request.authorize(rule, {"project_id": project_id})
    return project_id
