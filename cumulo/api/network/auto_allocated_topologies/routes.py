"""Topologies that the cloud makes: GET makes one where a project has none, as clients expect, unless it is a dry run."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from oslo_policy import policy

from cumulo.api.network import collection
from cumulo.api.network.auto_allocated_topologies import made
from cumulo.api.wsgi.route import Request, Route
from cumulo.common import errors

_ONE = "/v2.0/auto-allocated-topology/{project_id}"
_RULE = "network:auto_allocated_topology"
DRY_RUN = "dry-run"

RULES = (
    policy.DocumentedRuleDefault(
        f"{_RULE}:get", "rule:project_member",
        "Get the topology of a project, made where there is none", [{"method": "GET", "path": _ONE}]),
    policy.DocumentedRuleDefault(
        f"{_RULE}:delete", "rule:project_member", "Delete the topology of a project",
        [{"method": "DELETE", "path": _ONE}]),
)


def show(request: Request) -> dict[str, Any]:
    """The topology of a project; it is made when it is first asked for."""
    database, project_id = request.services.database, request.params["project_id"]
    request.authorize(f"{_RULE}:get", {"project_id": project_id})
    with database.read() as connection:
        row = made.found(connection, project_id)
        if row is None:
            _check_known(request, connection)
            made.check(connection)
    if DRY_RUN in request.query.getall("fields"):
        return _view(project_id, "dry-run=pass")
    if row is not None:
        return {"auto_allocated_topology": collection.chosen_fields(
            request, _view(project_id, row["network_id"])["auto_allocated_topology"])}
    with database.write() as connection:
        network_id = made.ensure(request.services, connection, database.now(connection), project_id)
    return _view(project_id, network_id)


def delete(request: Request) -> None:
    """Delete the topology of a project, with all that was made with it."""
    database, project_id = request.services.database, request.params["project_id"]
    request.authorize(f"{_RULE}:delete", {"project_id": project_id})
    with database.write() as connection:
        _check_known(request, connection)
        made.delete(connection, database.now(connection), project_id)


def _check_known(request: Request, connection: sa.Connection) -> None:
    """Raise NotFound for a project that is not there: an administrator may name any."""
    project_id = request.params["project_id"]
    if not request.services.tokens.hold_known(connection, project_id):
        raise errors.NotFound(f"Project {project_id[:64]} could not be found.", kind="ProjectNotFound")


def _view(project_id: str, network_id: str) -> dict[str, Any]:
    return {"auto_allocated_topology": {"id": network_id, "project_id": project_id, "tenant_id": project_id}}


ROUTES = (
    Route("GET", _ONE, show, policy=f"{_RULE}:get", query=("fields",)),
    Route("DELETE", _ONE, delete, policy=f"{_RULE}:delete", status=204),
)
