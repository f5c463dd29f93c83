"""The tags of a server, from microversion 2.26."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.compute import servers

MOST_TAGS, LONGEST_TAG = 50, 60


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags."""
    with request.services.database.read() as connection:
        return {"tags": _tags(request, connection, "compute:tags:show")[1]}


def show_tag(request: Request) -> None:
    """Say by the status whether the server has the tag."""
    with request.services.database.read() as connection:
        _require(request, _tags(request, connection, "compute:tags:show")[1])


def replace_tags(request: Request) -> dict[str, Any]:
    """Put new tags in place of the old."""
    wanted = sorted(set(request.body["tags"]))
    with request.services.database.write() as connection:
        server_id, _ = _tags(request, connection, "compute:tags:change")
        _set(request, connection, server_id, wanted)
    return {"tags": wanted}


def add_tag(request: Request) -> Reply:
    """Add a tag: 201 with its URL when it is new, 204 when it was there."""
    tag = request.params["tag"]
    if len(tag) > LONGEST_TAG or "," in tag:
        raise errors.BadRequest(f"Tag {tag[:LONGEST_TAG]!r} is invalid: at most {LONGEST_TAG} characters, no ','.")
    with request.services.database.write() as connection:
        server_id, tags = _tags(request, connection, "compute:tags:change")
        if tag in tags:
            return Reply(status=204)
        if len(tags) >= MOST_TAGS:
            raise errors.BadRequest(f"The number of tags exceeded the per-server limit {MOST_TAGS}")
        _set(request, connection, server_id, [*tags, tag])
    return Reply(status=201, headers={"Location": request.path_url})


def delete_tag(request: Request) -> None:
    """Remove a tag; raises NotFound."""
    with request.services.database.write() as connection:
        server_id, tags = _tags(request, connection, "compute:tags:change")
        gone = _require(request, tags)
        _set(request, connection, server_id, [tag for tag in tags if tag != gone])


def delete_all(request: Request) -> None:
    """Remove all tags."""
    with request.services.database.write() as connection:
        server_id, _ = _tags(request, connection, "compute:tags:change")
        _set(request, connection, server_id, [])


def _tags(request: Request, connection: sa.Connection, rule: str) -> tuple[str, list[str]]:
    row = (common.changed_server(request, connection, rule, "change tags") if rule.endswith("change")
           else common.own_server(request, connection, rule))
    return row["id"], servers.tags_of(connection, [row["id"]])[row["id"]]


def _require(request: Request, tags: list[str]) -> str:
    tag = request.params["tag"]
    if tag not in tags:
        raise errors.NotFound(f"Server {request.params['server_id']} has no tag '{tag[:LONGEST_TAG]}'")
    return tag


def _set(request: Request, connection: sa.Connection, server_id: str, tags: list[str]) -> None:
    servers.set_tags(connection, server_id, tags)
    servers.update_server(connection, request.services.database.now(connection), server_id)
