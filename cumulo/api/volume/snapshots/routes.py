"""Routes of snapshots."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.snapshots import handlers
from cumulo.api.wsgi.route import Route

_NAMED: dict[str, Any] = {"name": parts.TEXT, "display_name": parts.TEXT, "description": parts.TEXT,
                          "display_description": parts.TEXT}
_CREATE = parts.wrapped("snapshot", _NAMED | {
    "volume_id": parts.ID_OR_NULL, "metadata": {**parts.VALUES, "type": ["object", "null"]},
    "force": parts.BOOLEAN}, required=("volume_id",))
_UPDATE = parts.wrapped("snapshot", _NAMED, minProperties=1)
_LIST, _ONE = "volume:snapshots:list", "/snapshots/{snapshot_id}"

ROUTES = (
    Route("POST", "/snapshots", handlers.create, policy="volume:snapshots:create", status=202, body=_CREATE),
    Route("GET", "/snapshots", handlers.list_brief, policy=_LIST, query=handlers.QUERY),
    Route("GET", "/snapshots/detail", handlers.list_full, policy=_LIST, query=handlers.QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:snapshots:show"),
    Route("PUT", _ONE, handlers.update, policy="volume:snapshots:update", body=_UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="volume:snapshots:delete", status=202),
)
