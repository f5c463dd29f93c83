"""Routes of attachments."""

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.attachments import handlers
from cumulo.api.wsgi.route import Route

_CREATE = parts.wrapped("attachment", {"volume_uuid": parts.ID, "instance_uuid": parts.ID_OR_NULL}, required=("volume_uuid",))
_LIST, _ONE, _SINCE = "volume:attachments:list", "/attachments/{attachment_id}", "3.27"

ROUTES = (
    Route("GET", "/attachments", handlers.list_brief, policy=_LIST, since=_SINCE, query=handlers.QUERY),
    Route("POST", "/attachments", handlers.create, policy="volume:attachments:create", since=_SINCE, body=_CREATE),
    Route("GET", "/attachments/detail", handlers.list_full, policy=_LIST, since=_SINCE, query=handlers.QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:attachments:show", since=_SINCE),
    Route("DELETE", _ONE, handlers.delete, policy="volume:attachments:delete", since=_SINCE),
)
