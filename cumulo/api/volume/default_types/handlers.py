"""Default types (3.62): which type a project's volumes have for which nobody names one. For administrators."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import projects
from cumulo.volume import default_types, types

MANAGE = "volume:default_types:manage"
Shown = dict[str, Any]


def list_all(request: Request) -> Shown:
    """List the projects that were given one."""
    with request.services.database.read() as connection:
        return {"default_types": [_view(row) for row in default_types.all_of_them(connection)]}


def show(request: Request) -> Shown:
    """Show what a project was given."""
    with request.services.database.read() as connection:
        return {"default_type": _view(default_types.get(connection, request.params["project_id"]))}


def give(request: Request) -> Shown:
    """Give a project a default type, which it must be allowed to use."""
    project_id, services = request.params["project_id"], request.services
    with services.database.write() as connection:
        if projects.find(connection, project_id) is None or not services.tokens.hold_known(connection, project_id):
            raise errors.NotFound(f"Project {project_id[:64]} could not be found.")
        row = types.named(connection, request.body["default_type"]["volume_type"], project_id)
        default_types.give(connection, project_id, row["id"])
    return {"default_type": {"project_id": project_id, "volume_type_id": row["id"]}}


def take(request: Request) -> None:
    """Take it back."""
    project_id = request.params["project_id"]
    with request.services.database.write() as connection:
        if not default_types.take(connection, project_id):
            raise default_types.not_found(project_id)


def _view(row: default_types.Row) -> Shown:
    return {"project_id": row["project_id"], "volume_type_id": row["type_id"]}
