"""Quotas of a project: show, show with what is used, change, give the default ones again."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import projects
from cumulo.volume import quota_rows, quotas

Shown = dict[str, Any]


def show(request: Request) -> Shown:
    """Show the quotas of a project: the caller's own, or any for an administrator."""
    project_id = request.params["project_id"]
    request.authorize("volume:quota_sets:show", {"project_id": project_id})
    with request.services.database.read() as connection:
        _check_project(connection, project_id)
        limits: dict[str, Any] = quotas.limits_for(connection, request.services.conf, project_id)
        if flag(request.query.get("usage", "false"), "usage"):
            used = quotas.usage_of(connection, project_id)
            limits = {name: {"limit": most, "in_use": used.get(name, 0), "reserved": 0, "allocated": 0}
                      for name, most in limits.items()}
    return {"quota_set": {"id": project_id} | limits}


def show_defaults(request: Request) -> Shown:
    """Show the quotas a project has unless it was given others."""
    with request.services.database.read() as connection:
        limits = quotas.defaults(connection, request.services.conf)
    return {"quota_set": {"id": request.params["project_id"]} | limits}


def update(request: Request) -> Shown:
    """Change quotas of a project; below what it has only where that is not to be validated."""
    project_id, services = request.params["project_id"], request.services
    asked = dict(request.body["quota_set"])
    force = flag(str(asked.pop("force", False)), "force")
    for ignored in ("tenant_id", "id", "project_id"):
        asked.pop(ignored, None)
    wanted = numbers(asked)
    with services.database.write() as connection:
        if not services.tokens.hold_known(connection, project_id):
            raise _unknown(project_id)
        _check_names(connection, services.conf, wanted)
        if not (force or flag(request.query.get("skip_validation", "true"), "skip_validation")):
            quotas.check_room(wanted, quotas.usage_of(connection, project_id))
        quota_rows.set_project(connection, project_id, wanted)
        return {"quota_set": quotas.limits_for(connection, services.conf, project_id)}


def delete(request: Request) -> None:
    """Give a project the default quotas again."""
    with request.services.database.write() as connection:
        quota_rows.forget_project(connection, request.params["project_id"])


def numbers(asked: dict[str, Any]) -> dict[str, int]:
    """Return the limits that a body sets; raises BadRequest for one below -1."""
    wanted = {name: int(value) for name, value in asked.items()}
    if any(most < quotas.UNLIMITED for most in wanted.values()):
        raise errors.BadRequest("A quota limit must be -1 or greater.")
    return wanted


def _check_names(connection: sa.Connection, conf: Any, wanted: dict[str, int]) -> None:
    known = quotas.defaults(connection, conf)
    for name in wanted:
        if name not in known:
            raise errors.BadRequest(f"There is no quota {name[:255]!r}.")


def _check_project(connection: sa.Connection, project_id: str) -> None:
    if projects.find(connection, project_id) is None:
        raise _unknown(project_id)


def _unknown(project_id: str) -> errors.NotFound:
    return errors.NotFound(f"Project {project_id[:64]} could not be found.")
