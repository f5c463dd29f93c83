"""Quotas of a project, and of one user in it: show, change, give the default ones again."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.quota_sets import resources
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import quota_rows, quotas
from cumulo.identity import projects

Shown = dict[str, Any]


def show(request: Request) -> Shown:
    """Show the quotas of a project: the caller's own, or any for an administrator."""
    project_id = _authorized(request)
    with request.services.database.read() as connection:
        _check_project(connection, project_id)
        return {"quota_set": {"id": project_id} | _limits(request, connection, project_id)}


def show_detail(request: Request) -> Shown:
    """Show the quotas of a project with what it has of each."""
    project_id = _authorized(request)
    with request.services.database.read() as connection:
        _check_project(connection, project_id)
        limits = _limits(request, connection, project_id)
        used = _used(connection, project_id, request.query.get("user_id"))
    return {"quota_set": {"id": project_id} | {
        name: {"limit": most, "in_use": used.get(name, 0), "reserved": 0} for name, most in limits.items()}}


def show_defaults(request: Request) -> Shown:
    """Show the quotas a project has unless it was given others."""
    with request.services.database.read() as connection:
        rows = quota_rows.of_class(connection, quota_rows.DEFAULT)
        limits = quotas.limits_for(connection, request.services.conf, None)
    return {"quota_set": {"id": request.params["project_id"]} | resources.shown(request, limits, rows)}


def update(request: Request) -> Shown:
    """Change quotas of a project; never below what it has, unless that is forced."""
    project_id, user_id, asked = request.params["project_id"], request.query.get("user_id"), request.body["quota_set"]
    wanted, services = resources.numbers(asked), request.services
    if any(most < quotas.UNLIMITED for most in wanted.values()):
        raise errors.BadRequest("Quota limit must be -1 or greater.")
    with services.database.write() as connection:
        if not services.tokens.hold_known(connection, project_id):
            raise _unknown(project_id)
        if not common.flag(str(asked.get("force", False)), "force"):
            _check_room(wanted, _used(connection, project_id, user_id))
        quota_rows.set_project(connection, project_id, user_id, wanted)
        return {"quota_set": _limits(request, connection, project_id)}


def _check_room(wanted: Mapping[str, int], used: Mapping[str, int]) -> None:
    for name, most in wanted.items():
        if most != quotas.UNLIMITED and most < used.get(name, 0):
            raise errors.BadRequest(
                f"Quota limit {most} for {name} must be greater than or equal to already used and reserved {used[name]}.")


def delete(request: Request) -> None:
    """Give a project the default quotas again, or one user the project's."""
    with request.services.database.write() as connection:
        quota_rows.forget_project(connection, request.params["project_id"], request.query.get("user_id"))


def _authorized(request: Request) -> str:
    project_id = request.params["project_id"]
    request.authorize("compute:quota_sets:show", {"project_id": project_id})
    return project_id


def _check_project(connection: sa.Connection, project_id: str) -> None:
    if projects.find(connection, project_id) is None:
        raise _unknown(project_id)


def _unknown(project_id: str) -> errors.BadRequest:
    return errors.BadRequest(f"Project ID {project_id[:64]} is not a valid project.")


def _limits(request: Request, connection: sa.Connection, project_id: str) -> dict[str, int]:
    user_id = request.query.get("user_id")
    rows = quota_rows.of_class(connection, quota_rows.DEFAULT) | quota_rows.of_project(connection, project_id)
    rows |= quota_rows.of_project(connection, project_id, user_id) if user_id else {}
    limits = quotas.limits_for(connection, request.services.conf, project_id, user_id)
    return resources.shown(request, limits, rows)


def _used(connection: sa.Connection, project_id: str, user_id: str | None) -> dict[str, int]:
    used = quotas.usage_of(connection, project_id, user_id)
    return {"instances": used.instances, "cores": used.cores, "ram": used.memory_mib,
            "server_groups": quotas.server_groups_of(connection, project_id)}
