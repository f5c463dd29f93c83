"""Routes of images, under the rules of the image API."""

from cumulo.api import metadata
from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.images import handlers
from cumulo.api.wsgi.route import Route

_ONE = "/images/{image_id}"
_SHOW, _CHANGE = "image:images:show", "image:images:update"
_QUERY = ("limit", "marker", "name", "status", "server", "type", "changes-since", "minRam", "minDisk")

ROUTES = (
    Route("GET", "/images", handlers.list_brief, policy="image:images:list", until="2.35", query=_QUERY),
    Route("GET", "/images/detail", handlers.list_full, policy="image:images:list", until="2.35", query=_QUERY),
    Route("GET", _ONE, handlers.show, policy=_SHOW, until="2.35"),
    Route("DELETE", _ONE, handlers.delete, policy="image:images:delete", until="2.35", status=204),
    *metadata.routes(_ONE, handlers.METADATA, values=parts.METADATA, show=_SHOW, change=_CHANGE, deleted=204, until="2.38"),
)
