"""Routes of types."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.types import handlers
from cumulo.api.wsgi.route import Route

_CREATE = parts.wrapped("volume_type", {
    "name": parts.NAME, "description": parts.TEXT, "extra_specs": parts.SPECS | {"type": ["object", "null"]},
    "os-volume-type-access:is_public": parts.BOOLEAN}, required=("name",))
_UPDATE = parts.wrapped("volume_type", {
    "name": {"anyOf": [parts.NAME, {"type": "null"}]}, "description": parts.TEXT,
    "is_public": {"anyOf": [parts.BOOLEAN, {"type": "null"}]}})
_SPECS = {"type": "object", "properties": {"extra_specs": parts.SPECS | {"minProperties": 1}}, "required": ["extra_specs"],
          "additionalProperties": False}
_PROJECT: dict[str, Any] = {"type": "object", "properties": {"project": parts.ID}, "required": ["project"],
                            "additionalProperties": False}
_ACCESS = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
           "properties": {"addProjectAccess": _PROJECT, "removeProjectAccess": _PROJECT}}
_LIST, _MANAGE, _SPECS_RULE = "volume:types:list", handlers.MANAGE, "volume:types:extra_specs"
_ONE = "/types/{type_id}"

ROUTES = (
    Route("GET", "/types", handlers.list_types, policy=_LIST, query=handlers.QUERY),
    Route("POST", "/types", handlers.create, policy=_MANAGE, body=_CREATE),
    Route("GET", "/types/default", handlers.show_default, policy=_LIST),
    Route("GET", _ONE, handlers.show, policy=_LIST),
    Route("PUT", _ONE, handlers.update, policy=_MANAGE, body=_UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy=_MANAGE, status=202),
    Route("GET", f"{_ONE}/extra_specs", handlers.SPECS.list_all, policy=_SPECS_RULE),
    Route("POST", f"{_ONE}/extra_specs", handlers.SPECS.add, policy=_MANAGE, body=_SPECS),
    Route("GET", f"{_ONE}/extra_specs/{{key}}", handlers.SPECS.show, policy=_SPECS_RULE),
    Route("PUT", f"{_ONE}/extra_specs/{{key}}", handlers.SPECS.set_one, policy=_MANAGE,
          body=parts.SPECS | {"minProperties": 1, "maxProperties": 1}),
    Route("DELETE", f"{_ONE}/extra_specs/{{key}}", handlers.SPECS.delete, policy=_MANAGE, status=202),
    Route("GET", f"{_ONE}/os-volume-type-access", handlers.list_access, policy=_MANAGE),
    Route("POST", f"{_ONE}/action", handlers.change_access, policy=_MANAGE, status=202, body=_ACCESS),
)
