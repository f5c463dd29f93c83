"""What was done to a server: its operations, newest first, and their steps as events.

From microversion 2.21 the actions of a deleted server can be read too.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.operations import store

_RULE = "compute:instance_actions:list"


def list_actions(request: Request) -> dict[str, Any]:
    """List the actions."""
    with request.services.database.read() as connection:
        server_id = _server_id(request, connection)
        rows = store.for_resource(connection, server_id)
    return {"instanceActions": [_view(row) for row in rows]}


def show_action(request: Request) -> dict[str, Any]:
    """Show the action of a request; an administrator sees its events."""
    with request.services.database.read() as connection:
        server_id = _server_id(request, connection)
        row = store.by_request(connection, server_id, request.params["request_id"])
        if row is None:
            raise errors.NotFound(f"Action for request_id {request.params['request_id'][:64]} on instance {server_id} "
                                  "not found")
        shown = _view(row)
        if request.may("compute:instance_actions:events"):
            shown["events"] = [_event(each) for each in reversed(store.events(connection, row["id"]))]
    return {"instanceAction": shown}


def _server_id(request: Request, connection: sa.Connection) -> str:
    return str(common.own_server(request, connection, _RULE, deleted=request.is_at_least("2.21"))["id"])


def _view(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"action": row["action"], "request_id": row["request_id"], "user_id": row["user_id"],
            "project_id": row["project_id"], "instance_uuid": row["resource_id"],
            "start_time": times.iso_micro(row["created_at"]), "message": "Error" if row["error"] else None}


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    result = row["result"]
    return {
        "event": f"{'undo_' if row['undo'] else ''}{row['step']}", "start_time": times.iso_micro(row["started_at"]),
        "finish_time": times.iso_micro(row["finished_at"]),
        "result": result if result in (None, store.SUCCESS) else "Error",
        "traceback": None if result in (None, store.SUCCESS) else result}
