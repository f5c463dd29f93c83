"""Server groups: create, list, show, delete.

    2.13 project_id and user_id   2.15 the soft policies   2.64 one policy with its rules instead of a list
"""

from collections.abc import Mapping
from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import server_group
from cumulo.compute import server_groups

MOST_ON_HOST = "max_server_per_host"


def create(request: Request) -> dict[str, Any]:
    """Make a group."""
    asked, services, context = request.body["server_group"], request.services, request.context
    if not context.project_id:
        raise errors.BadRequest("A server group belongs to a project: the token has none.")
    policy = asked["policy"] if request.is_at_least("2.64") else asked["policies"][0]
    rules = {name: int(value) for name, value in asked.get("rules", {}).items()}
    if rules and policy != server_groups.ANTI_AFFINITY:
        raise errors.BadRequest("Only anti-affinity policy supports rules.")
    if rules.get(MOST_ON_HOST, 1) < 1:
        raise errors.BadRequest(f"{MOST_ON_HOST} must be 1 or more.")
    with services.database.write() as connection:
        services.tokens.hold(connection, context.project_id)
        row = server_groups.create_group(
            connection, services.ids, services.database.now(connection), common.limits(request, connection),
            project_id=context.project_id, user_id=context.user_id or "",
            values={"name": asked["name"], "policy": policy, "rules": rules})
    return {"server_group": view(request, row)}


def list_groups(request: Request) -> dict[str, Any]:
    """List the project's groups; all projects' for an administrator who asks."""
    every = "all_projects" in request.query and request.may(common.ADMIN)
    own = server_group.c.project_id == (request.context.project_id or "")
    most = request.services.conf.servers.page_limit
    limit, offset = (paging.number(request, name) for name in ("limit", "offset"))
    with request.services.database.read() as connection:
        rows = server_groups.list_groups(connection, *([] if every else [own]))
    first = offset or 0
    return {"server_groups": [view(request, row) for row in rows[first:first + min(limit or most, most)]]}


def show(request: Request) -> dict[str, Any]:
    """Show a group."""
    with request.services.database.read() as connection:
        return {"server_group": view(request, _group(request, connection))}


def delete(request: Request) -> None:
    """Delete a group; its servers stay."""
    with request.services.database.write() as connection:
        server_groups.delete_group(connection, _group(request, connection)["id"])


def _group(request: Request, connection: Any) -> dict[str, Any]:
    project_id = None if request.may(common.ADMIN) else request.context.project_id or ""
    return server_groups.get_group(connection, request.params["server_group_id"], project_id)


def view(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group as this version shows it."""
    shown = {"id": row["id"], "name": row["name"], "members": row["members"]}
    if request.is_at_least("2.13"):
        shown |= {"project_id": row["project_id"], "user_id": row["user_id"]}
    if request.is_at_least("2.64"):
        return shown | {"policy": row["policy"], "rules": row["rules"]}
    return shown | {"policies": [row["policy"]], "metadata": {}}
