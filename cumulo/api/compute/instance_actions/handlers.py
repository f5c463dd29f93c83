"""What was done to a server: its operations, newest first, and their steps as events.

    2.21 those of a deleted server   2.51 their events for everybody, without traces   2.58 pages, changes-since and
    updated_at   2.62 the host of an event   2.66 changes-before   2.84 what went wrong, in a few words
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers.view import host_id
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.operations import store
from cumulo.volume import server_volumes

_KNOWN_AS = {"grow_guest_disk": "compute_extend_volume"}
"""Events that clients wait for by a name."""
_RULE, _EVENTS = "compute:instance_actions:list", "compute:instance_actions:events"


def list_actions(request: Request) -> dict[str, Any]:
    """List the actions."""
    with request.services.database.read() as connection:
        server_id = _server_id(request, connection)
        rows = _actions(connection, server_id)
        if not request.is_at_least("2.58"):
            return {"instanceActions": [_view(request, row) for row in rows]}
        return _page(request, rows)


def _actions(connection: sa.Connection, server_id: str) -> list[Mapping[str, Any]]:
    """The operations of a server and what else was done to its disks, newest first."""
    return sorted([*store.for_resource(connection, server_id), *server_volumes.growths(connection, server_id)],
                  key=lambda row: row["created_at"], reverse=True)


def _page(request: Request, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A server's actions are few, so what is between two times, and the page, are chosen here."""
    since = times.query(request, "changes-since")
    before = times.query(request, "changes-before") if request.is_at_least("2.66") else None
    if since is not None and before is not None and before < since:
        raise errors.BadRequest("The value of changes-since must be less than or equal to changes-before.")
    asked = paging.page(request, maximum=request.services.conf.servers.page_limit)
    limit = asked.limit or request.services.conf.servers.page_limit  # 0 means no limit of the caller's own
    left = [row for row in rows if (since is None or row["updated_at"] >= since)
            and (before is None or row["updated_at"] <= before)]
    if asked.marker is not None:
        left = left[_place(rows, left, asked.marker):]
    answer: dict[str, Any] = {"instanceActions": [_view(request, row) for row in left[:limit]]}
    if len(left) > limit:
        answer["links"] = [{"rel": "next", "href": paging.next_url(request, left[limit - 1]["request_id"])}]
    return answer


def _place(rows: Sequence[Mapping[str, Any]], left: Sequence[Mapping[str, Any]], marker: str) -> int:
    if all(row["request_id"] != marker for row in rows):
        raise errors.BadRequest(f"marker [{marker[:64]}] not found")
    return next((number + 1 for number, row in enumerate(left) if row["request_id"] == marker), len(left))


def show_action(request: Request) -> dict[str, Any]:
    """Show the action of a request with its events, which an administrator alone sees below 2.51."""
    with request.services.database.read() as connection:
        server_id = _server_id(request, connection)
        request_id = request.params["request_id"]
        row = store.by_request(connection, server_id, request_id) or next(
            (each for each in server_volumes.growths(connection, server_id) if each["request_id"] == request_id), None)
        if row is None:
            raise errors.NotFound(f"Action for request_id {request_id[:64]} on instance {server_id} "
                                  "not found")
        shown = _view(request, row)
        if request.is_at_least("2.51") or request.may(_EVENTS):
            shown["events"] = [_event(request, row, each) for each in reversed(store.events(connection, row["id"]))]
    return {"instanceAction": shown}


def _server_id(request: Request, connection: sa.Connection) -> str:
    return str(common.own_server(request, connection, _RULE, deleted=request.is_at_least("2.21"))["id"])


def _view(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"action": row["action"], "request_id": row["request_id"], "user_id": row["user_id"],
            "project_id": row["project_id"], "instance_uuid": row["resource_id"],
            "start_time": times.iso_micro(row["created_at"]), "message": "Error" if row["error"] else None}
    return shown | {"updated_at": times.iso_micro(row["updated_at"])} if request.is_at_least("2.58") else shown


def _event(request: Request, action: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    result, is_trusted = row["result"], request.may(_EVENTS)
    shown = {
        "event": _KNOWN_AS.get(row["step"]) or f"{'undo_' if row['undo'] else ''}{row['step']}", "start_time": times.iso_micro(row["started_at"]),
        "finish_time": times.iso_micro(row["finished_at"]),
        "result": result if result in (None, store.SUCCESS) else "Error"}
    if is_trusted:
        shown["traceback"] = None if result in (None, store.SUCCESS) else result
    if request.is_at_least("2.62"):
        shown["hostId"] = host_id(action["project_id"], row["host"])
        shown |= {"host": row["host"]} if is_trusted else {}
    if request.is_at_least("2.84"):
        shown["details"] = None if result in (None, store.SUCCESS) else f"The step {row['step']} failed."
    return shown
