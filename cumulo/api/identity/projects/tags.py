"""Tags of projects: list, check, add, replace, remove."""

from typing import Any

import jsonschema_rs
import sqlalchemy as sa

from cumulo.api.identity import fields
from cumulo.api.identity.common import self_url, visible
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.identity import projects

_IS_TAG = jsonschema_rs.validator_for(fields.TAGS["items"])


def index(request: Request) -> dict[str, Any]:
    """List the tags of a project."""
    return {"tags": _seen(request, "identity:list_project_tags"), "links": {"self": self_url(request)}}


def check(request: Request) -> None:
    """Answer 204 if the project has the tag, else 404."""
    _require(request.params["tag"], _seen(request, "identity:get_project_tag"))


def replace(request: Request) -> dict[str, Any]:
    """Replace all tags of a project."""
    with request.services.database.write() as connection:
        _locked(request, connection)
        projects.set_tags(connection, request.params["project_id"], request.body["tags"])
    return {"tags": request.body["tags"], "links": {"self": self_url(request)}}


def add(request: Request) -> Reply:
    """Add a tag; adding it again changes nothing."""
    tag = request.params["tag"]
    with request.services.database.write() as connection:
        tags = _locked(request, connection)
        if not _IS_TAG.is_valid(tag):
            raise errors.BadRequest(f"{tag[:64]!r} is no tag: it has at most 255 characters, no ',' and no '/'.")
        if tag not in tags:
            projects.set_tags(connection, request.params["project_id"], [*tags, tag])
    return Reply(headers={"Location": request.path_url})


def delete(request: Request) -> None:
    """Take a tag from a project; raises NotFound."""
    tag = request.params["tag"]
    with request.services.database.write() as connection:
        tags = _locked(request, connection)
        _require(tag, tags)
        projects.set_tags(connection, request.params["project_id"], [each for each in tags if each != tag])


def delete_all(request: Request) -> None:
    """Take all tags from a project."""
    with request.services.database.write() as connection:
        _locked(request, connection)
        projects.set_tags(connection, request.params["project_id"], [])


def _seen(request: Request, rule: str) -> list[str]:
    project_id = request.params["project_id"]
    with request.services.database.read() as connection:
        found = projects.find(connection, project_id)
    target = {"project_id": project_id, "domain_id": (found.domain_id if found else None) or ""}
    return list(visible(request, rule, found, f"project: {project_id}", target).tags)


def _locked(request: Request, connection: sa.Connection) -> list[str]:
    """Return the tags of the project and let nobody else change them until the transaction ends."""
    projects.lock(connection, request.params["project_id"])
    return list(projects.get(connection, request.params["project_id"]).tags)


def _require(tag: str, tags: list[str]) -> None:
    if tag not in tags:
        raise errors.NotFound(f"Could not find project tag: {tag}.")
