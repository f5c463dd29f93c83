"""Tags of one resource: list, replace, add, look for, remove. Each works for every kind that has tags."""

from __future__ import annotations

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request
from cumulo.network import tags

Row = dict[str, Any]


def index(kind: standard.Kind, request: Request) -> Row:
    """The tags of a resource."""
    with request.services.database.read() as connection:
        row = standard.found(kind, request, connection, request.params[kind.parameter])
    return {"tags": row["tags"] or []}


def replace(kind: standard.Kind, request: Request) -> Row:
    """Give a resource these tags and no others."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(kind, request, connection, "update:tags")
        return {"tags": tags.set_tags(connection, database.now(connection), kind.table, row["id"],
                                      request.body["tags"])}


def clear(kind: standard.Kind, request: Request) -> None:
    """Take all tags away."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(kind, request, connection, "update:tags")
        tags.set_tags(connection, database.now(connection), kind.table, row["id"], ())


def show(kind: standard.Kind, request: Request) -> None:
    """Say whether a resource has a tag; raises NotFound."""
    with request.services.database.read() as connection:
        row = standard.found(kind, request, connection, request.params[kind.parameter])
    if request.params["tag"] not in (row["tags"] or ()):
        raise tags.not_found(request.params["tag"])


def add(kind: standard.Kind, request: Request) -> None:
    """Give a resource one tag more."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(kind, request, connection, "update:tags")
        tags.add_tag(connection, database.now(connection), kind.table, row["id"], request.params["tag"])


def remove(kind: standard.Kind, request: Request) -> None:
    """Take one tag away."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(kind, request, connection, "update:tags")
        tags.remove_tag(connection, database.now(connection), kind.table, row["id"], request.params["tag"])
