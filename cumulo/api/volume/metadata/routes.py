"""Routes of a volume's metadata."""

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.metadata import handlers
from cumulo.api.wsgi.route import Route

ALL = {"type": "object", "properties": {"metadata": parts.VALUES}, "required": ["metadata"], "additionalProperties": False}
ONE = {"type": "object", "properties": {"meta": parts.VALUES | {"minProperties": 1, "maxProperties": 1}},
       "required": ["meta"], "additionalProperties": False}
_PATH, _SHOW, _CHANGE = "/volumes/{volume_id}/metadata", "volume:metadata:show", "volume:metadata:change"

ROUTES = (
    Route("GET", _PATH, handlers.list_metadata, policy=_SHOW),
    Route("POST", _PATH, handlers.merge, policy=_CHANGE, body=ALL),
    Route("PUT", _PATH, handlers.replace, policy=_CHANGE, body=ALL),
    Route("GET", f"{_PATH}/{{key}}", handlers.show_item, policy=_SHOW),
    Route("PUT", f"{_PATH}/{{key}}", handlers.set_item, policy=_CHANGE, body=ONE),
    Route("DELETE", f"{_PATH}/{{key}}", handlers.delete_item, policy=_CHANGE),
)
