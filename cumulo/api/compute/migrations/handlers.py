"""Migrations: a list of all, and the one of a server that moves while it runs, which can be stopped and hurried.

    2.22 force_complete   2.23 list and show those under way, types and links in the list of all   2.24 abort
    2.59 pages, changes-since, uuid   2.65 abort before it runs   2.66 changes-before   2.80 users and projects
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.migrations import view
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.operations import operation
from cumulo.common.operations import store
from cumulo.compute import migrations

_RULE = "compute:server_migrations:manage"
_COLUMNS = {"instance_uuid": "resource_id", "user_id": "user_id", "project_id": "project_id"}


def list_all(request: Request) -> dict[str, Any]:
    """List migrations of all servers, newest first."""
    maximum = request.services.conf.servers.page_limit
    paged = request.is_at_least("2.59")
    asked = paging.page(request, maximum=maximum, is_sortable=False) if paged else None
    limit = (asked.limit if asked else None) or maximum
    with request.services.database.read() as connection:
        after = _after(connection, asked.marker) if asked and asked.marker else None
        rows = migrations.newest(connection, *_where(request), fits=lambda row: _fits(request, row), count=limit + 1,
                                 after=after)
    answer: dict[str, Any] = {"migrations": [view.listed(request, row) for row in rows[:limit]]}
    if paged and len(rows) > limit:
        answer["migrations_links"] = [{"rel": "next", "href": paging.next_url(request, rows[limit - 1]["id"])}]
    return answer


def _after(connection: sa.Connection, marker: str) -> migrations.Row:
    row = migrations.find(connection, marker) if len(marker) <= common.LONGEST_ID else None
    if row is None:
        raise errors.BadRequest(f"Marker {marker[:common.LONGEST_ID]} could not be found.")
    return row


def _where(request: Request) -> list[sa.ColumnElement[bool]]:
    named = ["instance_uuid", *(("user_id", "project_id") if request.is_at_least("2.80") else ())]
    found: list[sa.ColumnElement[bool]] = [
        operation.c[_COLUMNS[name]] == request.query[name] for name in named if name in request.query]
    since = times.query(request, "changes-since") if request.is_at_least("2.59") else None
    before = times.query(request, "changes-before") if request.is_at_least("2.66") else None
    if since is not None and before is not None and before < since:
        raise errors.BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if since is not None:
        found.append(operation.c.updated_at >= since)
    if before is not None:
        found.append(operation.c.updated_at <= before)
    return found


def _fits(request: Request, row: migrations.Row) -> bool:
    """What follows from an operation's state is not looked for by the database."""
    query = request.query
    wanted = {"status": "status", "source_compute": "source", "migration_type": "type"}
    if any(row[field] != query[name] for name, field in wanted.items() if name in query):
        return False
    if "host" in query and query["host"] not in (row["source"], row["target"]):
        return False
    return "hidden" not in query or not common.flag(query["hidden"], "hidden")  # none of them ever is


def list_of_server(request: Request) -> dict[str, Any]:
    """List the migration of a server that is under way."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, _RULE)
        found = migrations.under_way(connection, row["id"])
    return {"migrations": [view.of_server(request, found)] if found is not None else []}


def show(request: Request) -> dict[str, Any]:
    """Show it."""
    with request.services.database.read() as connection:
        found = _find(request, connection, common.own_server(request, connection, _RULE)["id"])
    if found is None:
        raise _not_found(request)
    return {"migration": view.of_server(request, found)}


def abort(request: Request) -> None:
    """Stop it: the server stays where it is, unless it has gone already."""
    allowed = ("queued", "preparing", "running") if request.is_at_least("2.65") else ("running",)
    _order(request, allowed, "abort live migration", abort=True)


def act(request: Request) -> None:
    """Have it over soon: the guest pauses until it is there."""
    _order(request, ("running",), "force_complete", hurry=True)


def _order(request: Request, allowed: tuple[str, ...], action: str, **wanted: bool) -> None:
    with request.services.database.write() as connection:
        row = common.own_server(request, connection, _RULE, lock=True)
        found = _find(request, connection, row["id"])
        if found is None:
            raise _over(request, connection, row["id"])
        migrations.check_is_running(found, row["id"], allowed, action)
        store.note(connection, found["id"], **wanted)


def _find(request: Request, connection: sa.Connection, server_id: str) -> migrations.Row | None:
    found = migrations.under_way(connection, server_id)
    return found if found is not None and str(found["number"]) == request.params["migration_id"] else None


def _over(request: Request, connection: sa.Connection, server_id: str) -> errors.CumuloError:
    asked = request.params["migration_id"]
    if asked.isascii() and asked.isdigit() and len(asked) < 11 and migrations.was_there(connection, server_id, int(asked)):
        return errors.BadRequest(f"Migration {asked} of instance {server_id} is over.")
    return _not_found(request)


def _not_found(request: Request) -> errors.NotFound:
    asked = request.params["migration_id"][:common.LONGEST_ID]
    return errors.NotFound(f"Migration {asked} not found for instance {request.params['server_id']}")
