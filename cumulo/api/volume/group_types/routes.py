"""Routes of group types (3.11)."""

from typing import Any

from cumulo.api.volume import common
from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.group_types import handlers
from cumulo.api.wsgi.route import Route

_CREATE = parts.wrapped("group_type", {
    "name": parts.NAME, "description": parts.TEXT, "is_public": parts.BOOLEAN,
    "group_specs": parts.SPECS | {"type": ["object", "null"]}}, required=("name",))
_UPDATE = parts.wrapped("group_type", {
    "name": {"anyOf": [parts.NAME, {"type": "null"}]}, "description": parts.TEXT,
    "is_public": {"anyOf": [parts.BOOLEAN, {"type": "null"}]}})
_SPECS: dict[str, Any] = {"type": "object", "properties": {"group_specs": parts.SPECS | {"minProperties": 1}},
                          "required": ["group_specs"], "additionalProperties": False}
_LIST, _MANAGE, _ONE = "volume:group_types:list", handlers.MANAGE, "/group_types/{group_type_id}"
_ITEM = f"{_ONE}/group_specs/{{key}}"

ROUTES = (
    Route("GET", "/group_types", handlers.list_types, policy=_LIST, since="3.11", query=(*common.PAGE_QUERY, "is_public")),
    Route("POST", "/group_types", handlers.create, policy=_MANAGE, since="3.11", status=202, body=_CREATE),
    Route("GET", "/group_types/default", handlers.show_default, policy=_LIST, since="3.11"),
    Route("GET", _ONE, handlers.show, policy=_LIST, since="3.11"),
    Route("PUT", _ONE, handlers.update, policy=_MANAGE, since="3.11", body=_UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy=_MANAGE, since="3.11", status=202),
    Route("GET", f"{_ONE}/group_specs", handlers.SPECS.list_all, policy=_MANAGE, since="3.11"),
    Route("POST", f"{_ONE}/group_specs", handlers.SPECS.add, policy=_MANAGE, since="3.11", status=202, body=_SPECS),
    Route("GET", _ITEM, handlers.SPECS.show, policy=_MANAGE, since="3.11"),
    Route("PUT", _ITEM, handlers.SPECS.set_one, policy=_MANAGE, since="3.11",
          body=parts.SPECS | {"minProperties": 1, "maxProperties": 1}),
    Route("DELETE", _ITEM, handlers.SPECS.delete, policy=_MANAGE, since="3.11", status=202),
)
