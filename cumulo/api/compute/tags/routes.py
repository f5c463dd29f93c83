"""Routes of a server's tags."""

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.tags import handlers
from cumulo.api.wsgi.route import Route

_TAGS = {"type": "object", "required": ["tags"], "additionalProperties": False, "properties": {
    "tags": {"type": "array", "maxItems": handlers.MOST_TAGS, "items": parts.TAG}}}
_PATH, _SHOW, _CHANGE = "/servers/{server_id}/tags", "compute:tags:show", "compute:tags:change"

ROUTES = (
    Route("GET", _PATH, handlers.list_tags, policy=_SHOW, since="2.26"),
    Route("PUT", _PATH, handlers.replace_tags, policy=_CHANGE, since="2.26", body=_TAGS),
    Route("DELETE", _PATH, handlers.delete_all, policy=_CHANGE, since="2.26", status=204),
    Route("GET", f"{_PATH}/{{tag}}", handlers.show_tag, policy=_SHOW, since="2.26", status=204),
    Route("PUT", f"{_PATH}/{{tag}}", handlers.add_tag, policy=_CHANGE, since="2.26", status=201, also=(204,)),
    Route("DELETE", f"{_PATH}/{{tag}}", handlers.delete_tag, policy=_CHANGE, since="2.26", status=204),
)
