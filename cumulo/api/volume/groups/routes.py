"""Routes of groups (3.13)."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.groups import handlers
from cumulo.api.wsgi.route import Route
from cumulo.volume import groups

_NAMES: dict[str, Any] = {"name": parts.TEXT, "description": parts.TEXT}
_IDS = {"type": ["string", "null"], "maxLength": 8192}
_CREATE = parts.wrapped("group", _NAMES | {
    "group_type": parts.NAME, "availability_zone": parts.TEXT,
    "volume_types": {"type": "array", "minItems": 1, "maxItems": 64, "items": parts.NAME}},
    required=("group_type", "volume_types"))
_FROM = parts.wrapped("create-from-src", _NAMES | {
    "group_snapshot_id": parts.ID_OR_NULL, "source_group_id": parts.ID_OR_NULL})
_UPDATE = parts.wrapped("group", _NAMES | {"add_volumes": _IDS, "remove_volumes": _IDS}, minProperties=1)
_DELETE: dict[str, Any] = {"type": "object", "properties": {"delete-volumes": parts.BOOLEAN}, "additionalProperties": False}
_RESET: dict[str, Any] = {"type": "object", "properties": {"status": {"enum": list(groups.FOR_RESET)}},
                          "required": ["status"], "additionalProperties": False}


def _actions(**actions: Any) -> dict[str, Any]:
    return {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False, "properties": actions}


_ACTIONS = (("3.13", _actions(delete=_DELETE)), ("3.20", _actions(delete=_DELETE, reset_status=_RESET)))
_LIST, _ONE = "volume:groups:list", "/groups/{volume_group_id}"
QUERY = handlers.QUERY

ROUTES = (
    Route("POST", "/groups", handlers.create, policy="volume:groups:create", since="3.13", status=202, body=_CREATE),
    Route("POST", "/groups/action", handlers.create_from, policy="volume:groups:create", since="3.14", status=202, body=_FROM),
    Route("GET", "/groups", handlers.list_brief, policy=_LIST, since="3.13", query=QUERY),
    Route("GET", "/groups/detail", handlers.list_full, policy=_LIST, since="3.13", query=QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:groups:show", since="3.13", query=("list_volume",)),
    Route("PUT", _ONE, handlers.update, policy="volume:groups:update", since="3.13", status=202, body=_UPDATE),
    Route("POST", f"{_ONE}/action", handlers.act, policy="volume:groups:delete", since="3.13", status=202, body=_ACTIONS),
)
