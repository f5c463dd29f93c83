"""The five routes that a resource has whose changes are one transaction each: list, create, show, change, delete.

A resource says what it is in one Kind and how things of it change in one Changes. Every change holds the order of
`revisions` before it looks at anything, so what it finds is still so when it commits; the hosts that a thing concerned
before, and those that it concerns afterwards, are rung after the commit.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import resource, standard
from cumulo.api.wsgi.route import Request, Route
from cumulo.network import revisions

Row = dict[str, Any]
Body = resource.Body


def no_hosts(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """No host needs to know."""
    return set()


@dataclasses.dataclass(frozen=True)
class Changes:
    """How things of a kind change.

    create takes a body and returns the row; update the row as it is and a body, and returns the new one, None where things
    of the kind never change; delete the row.
    `concerned` names the hosts that rows concern, `concerned_by_new` those that new ones do where it is fewer.
    """

    create: Callable[[Request, sa.Connection, float, Body], Row]
    update: Callable[[Request, sa.Connection, float, Row, Body], Row] | None
    delete: Callable[[Request, sa.Connection, float, Row], None]
    concerned: Callable[[sa.Connection, list[Row]], set[str]] = no_hosts
    concerned_by_new: Callable[[sa.Connection, list[Row]], set[str]] | None = None


def create(kind: standard.Kind, changes: Changes, request: Request) -> Row:
    """Create one, or many at once: all or none."""
    return make(kind, request, changes.create, changes.concerned_by_new or changes.concerned)


def make(kind: standard.Kind, request: Request, one: Callable[[Request, sa.Connection, float, Body], Row],
         concerned: Callable[[sa.Connection, list[Row]], set[str]]) -> Row:
    """Make one or many by a function in one transaction, and ring the hosts that they concern."""
    single = kind.name in request.body
    bodies = [request.body[kind.name]] if single else request.body[kind.collection]
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        now = database.now(connection)
        rows = [one(request, connection, now, body) for body in bodies]
        hosts = concerned(connection, rows)
    resource.ring(request, hosts)
    views = [kind.view(request, row) for row in rows]
    return {kind.name: views[0]} if single else {kind.collection: views}


def update(kind: standard.Kind, change: Callable[[Request, sa.Connection, float, Row, Body], Row],
           concerned: Callable[[sa.Connection, list[Row]], set[str]], request: Request) -> Row:
    """Change one; raises NotFound."""
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(kind, request, connection, "update")
        hosts = concerned(connection, [row])
        row = change(request, connection, database.now(connection), row, request.body[kind.name])
        hosts |= concerned(connection, [row])
    resource.ring(request, hosts)
    return {kind.name: kind.view(request, row)}


def delete(kind: standard.Kind, changes: Changes, request: Request) -> None:
    """Delete one; raises NotFound."""
    database = request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(kind, request, connection, "delete")
        hosts = changes.concerned(connection, [row])
        changes.delete(request, connection, database.now(connection), row)
    resource.ring(request, hosts)


def routes(kind: standard.Kind, changes: Changes, path: str, body: dict[str, Any], change: dict[str, Any] | None = None, *,
           index: Callable[[Request], Row] | None = None) -> tuple[Route, ...]:
    """The five routes; `body` and `change` are the schemas of POST and PUT, `index` a list that does more than list."""
    one = f"{path}/{{{kind.parameter}}}"
    put = () if changes.update is None else (
        Route("PUT", one, functools.partial(update, kind, changes.update, changes.concerned), policy=f"{kind.rules}:update",
              body=change),)
    return (
        Route("GET", path, index or functools.partial(standard.index, kind), policy=f"{kind.rules}:get", query=kind.query),
        Route("POST", path, functools.partial(create, kind, changes), policy=f"{kind.rules}:create", status=201, body=body),
        Route("GET", one, functools.partial(standard.show, kind), policy=f"{kind.rules}:get", query=("fields",)),
        *put,
        Route("DELETE", one, functools.partial(delete, kind, changes), policy=f"{kind.rules}:delete", status=204))
