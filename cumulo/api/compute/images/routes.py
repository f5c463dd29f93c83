"""Routes of images, under the rules of the image API."""

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.images import handlers
from cumulo.api.wsgi.route import Route

_ALL = {"type": "object", "properties": {"metadata": parts.METADATA}, "required": ["metadata"],
        "additionalProperties": False}
_ITEM = {"type": "object", "properties": {"meta": parts.METADATA | {"minProperties": 1, "maxProperties": 1}},
         "required": ["meta"], "additionalProperties": False}
_ONE, _METADATA, _KEY = "/images/{image_id}", "/images/{image_id}/metadata", "/images/{image_id}/metadata/{key}"
_SHOW, _CHANGE = "image:images:show", "image:images:update"
_QUERY = ("limit", "marker", "name", "status", "server", "type", "changes-since", "minRam", "minDisk")

ROUTES = (
    Route("GET", "/images", handlers.list_brief, policy="image:images:list", until="2.35", query=_QUERY),
    Route("GET", "/images/detail", handlers.list_full, policy="image:images:list", until="2.35", query=_QUERY),
    Route("GET", _ONE, handlers.show, policy=_SHOW, until="2.35"),
    Route("DELETE", _ONE, handlers.delete, policy="image:images:delete", until="2.35", status=204),
    Route("GET", _METADATA, handlers.list_metadata, policy=_SHOW, until="2.38"),
    Route("POST", _METADATA, handlers.merge, policy=_CHANGE, until="2.38", body=_ALL),
    Route("PUT", _METADATA, handlers.replace, policy=_CHANGE, until="2.38", body=_ALL),
    Route("GET", _KEY, handlers.show_item, policy=_SHOW, until="2.38"),
    Route("PUT", _KEY, handlers.set_item, policy=_CHANGE, until="2.38", body=_ITEM),
    Route("DELETE", _KEY, handlers.delete_item, policy=_CHANGE, until="2.38", status=204),
)
