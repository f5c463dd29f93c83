"""Routes of aggregates."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.aggregates import handlers
from cumulo.api.wsgi.route import Route

_ZONE = {"anyOf": [parts.NAME, {"type": "null"}]}
_NAMED: dict[str, Any] = {"name": parts.NAME, "availability_zone": _ZONE}
_HOST = {"type": "object", "required": ["host"], "additionalProperties": False, "properties": {
    "host": {"type": "string", "minLength": 1, "maxLength": 255}}}
_METADATA = {"type": "object", "additionalProperties": False, "patternProperties": {
    r"^[a-zA-Z0-9\-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}}}
_SET = {"type": "object", "required": ["metadata"], "additionalProperties": False, "properties": {"metadata": _METADATA}}
_ACTION = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False, "properties": {
    "add_host": _HOST, "remove_host": _HOST, "set_metadata": _SET}}
_ALL, _ONE, _RULE = "/os-aggregates", "/os-aggregates/{aggregate_id}", "compute:aggregates:manage"

ROUTES = (
    Route("GET", _ALL, handlers.list_aggregates, policy=_RULE),
    Route("POST", _ALL, handlers.create, policy=_RULE, body=parts.wrapped("aggregate", _NAMED, required=("name",))),
    Route("GET", _ONE, handlers.show, policy=_RULE),
    Route("PUT", _ONE, handlers.update, policy=_RULE, body=parts.wrapped("aggregate", _NAMED, minProperties=1)),
    Route("DELETE", _ONE, handlers.delete, policy=_RULE),
    Route("POST", f"{_ONE}/action", handlers.act, policy=_RULE, body=_ACTION),
)
