"""A long operation of the caller's project: percent done, and a plain sentence of what is going on.

It is found by its own id, or by the id of the request that began it, which every answer names in a header.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.operations import operation
from cumulo.common.flows import FLOWS, step_under_cursor

LONGEST_ID = 64
_ENDED = {"done": "Done.", "undone": "It failed, and what it had begun was taken back."}
Row = Mapping[str, Any]


def show(request: Request) -> dict[str, Any]:
    """Show an operation, the first of several that one request began."""
    asked = request.params["operation_id"]
    with request.services.database.read() as connection:
        row = _find(request, connection, asked) if len(asked) <= LONGEST_ID else None
    if row is None:
        raise errors.NotFound(f"Operation {asked[:LONGEST_ID]} could not be found.")
    return {"operation": _view(row, is_trusted=request.may(common.ADMIN))}


def list_operations(request: Request) -> dict[str, Any]:
    """List the project's newest operations, all or those of one thing or of one request; an administrator's are all."""
    wanted = [operation.c[name] == request.query[name] for name in ("resource_id", "request_id") if name in request.query]
    query = sa.select(operation).where(*_own(request), *wanted).order_by(
        operation.c.created_at.desc(), operation.c.id).limit(request.services.conf.servers.page_limit)
    with request.services.database.read() as connection:
        rows = connection.execute(query).mappings().all()
    return {"operations": [_view(row, is_trusted=request.may(common.ADMIN)) for row in rows]}


def _find(request: Request, connection: sa.Connection, asked: str) -> Row | None:
    named = sa.or_(operation.c.id == asked, operation.c.request_id == asked)
    return connection.execute(sa.select(operation).where(named, *_own(request)).order_by(
        operation.c.created_at, operation.c.id).limit(1)).mappings().first()


def _own(request: Request) -> list[sa.ColumnElement[bool]]:
    """The condition that the one statement has, so that a stranger's operation costs what a missing one does."""
    return [] if request.may(common.ADMIN) else [operation.c.project_id == (request.context.project_id or "")]


def _view(row: Row, *, is_trusted: bool) -> dict[str, Any]:
    shown = {
        "id": row["id"], "request_id": row["request_id"], "action": row["action"], "resource_type": row["resource_type"],
        "resource_id": row["resource_id"], "phase": row["phase"], "percent": row["percent"], "message": message(row),
        "created_at": times.iso_z(row["created_at"]), "updated_at": times.iso_z(row["updated_at"]),
        "finished_at": times.iso_z(row["finished_at"])}
    # What went wrong may name hosts and their files.
    return shown | {"error": row["error"], "tries": row["tries"]} if is_trusted else shown


def message(row: Row) -> str:
    """Return what is going on in a plain sentence."""
    if row["phase"] in _ENDED:
        return _ENDED[row["phase"]]
    steps = FLOWS[row["flow"]].steps
    step = step_under_cursor(row["flow"], row["cursor"]).replace("_", " ")
    place = f"step {max(0, min(row['cursor'], len(steps) - 1)) + 1} of {len(steps)}: {step}"
    if row["phase"] == "stuck":
        return f"It cannot go on by itself at {place}. Ask for the deletion, or tell the administrator."
    if row["phase"] == "undoing" or row["cancel"]:
        return f"Taking back {place}."
    again = f", tried {row['tries']} times" if row["tries"] > 1 else ""
    return f"Doing {place}{again}."
