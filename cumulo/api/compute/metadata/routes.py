"""Routes of a server's metadata."""

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.metadata import handlers
from cumulo.api.wsgi.route import Route

_ALL = {"type": "object", "properties": {"metadata": parts.METADATA}, "required": ["metadata"],
        "additionalProperties": False}
_ONE = {"type": "object", "properties": {"meta": parts.METADATA | {"minProperties": 1, "maxProperties": 1}},
        "required": ["meta"], "additionalProperties": False}
_PATH, _SHOW, _CHANGE = "/servers/{server_id}/metadata", "compute:metadata:show", "compute:metadata:change"

ROUTES = (
    Route("GET", _PATH, handlers.list_metadata, policy=_SHOW),
    Route("POST", _PATH, handlers.merge, policy=_CHANGE, body=_ALL),
    Route("PUT", _PATH, handlers.replace, policy=_CHANGE, body=_ALL),
    Route("GET", f"{_PATH}/{{key}}", handlers.show_item, policy=_SHOW),
    Route("PUT", f"{_PATH}/{{key}}", handlers.set_item, policy=_CHANGE, body=_ONE),
    Route("DELETE", f"{_PATH}/{{key}}", handlers.delete_item, policy=_CHANGE, status=204),
)
