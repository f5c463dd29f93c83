"""Routes of snapshots of groups (3.14)."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.group_snapshots import handlers
from cumulo.api.wsgi.route import Route
from cumulo.volume import group_snapshots

_CREATE = parts.wrapped("group_snapshot", {"group_id": parts.ID, "name": parts.TEXT, "description": parts.TEXT},
                        required=("group_id",))
_RESET: dict[str, Any] = {"type": "object", "required": ["reset_status"], "additionalProperties": False, "properties": {
    "reset_status": {"type": "object", "required": ["status"], "additionalProperties": False,
                     "properties": {"status": {"enum": list(group_snapshots.FOR_RESET)}}}}}
_LIST, _ONE = "volume:group_snapshots:list", "/group_snapshots/{group_snapshot_id}"
QUERY = handlers.QUERY

ROUTES = (
    Route("POST", "/group_snapshots", handlers.create, policy="volume:group_snapshots:create", since="3.14", status=202, body=_CREATE),
    Route("GET", "/group_snapshots", handlers.list_brief, policy=_LIST, since="3.14", query=QUERY),
    Route("GET", "/group_snapshots/detail", handlers.list_full, policy=_LIST, since="3.14", query=QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:group_snapshots:show", since="3.14"),
    Route("DELETE", _ONE, handlers.delete, policy="volume:group_snapshots:delete", since="3.14", status=202),
    Route("POST", f"{_ONE}/action", handlers.reset, policy="volume:group_snapshots:reset_status", since="3.19", status=202, body=_RESET),
)
