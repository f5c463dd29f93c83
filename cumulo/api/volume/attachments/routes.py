"""Routes of attachments."""

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.attachments import handlers
from cumulo.api.wsgi.route import Route

_CONNECTOR = {"connector": parts.CONNECTOR}
_NEW = {"volume_uuid": parts.ID, "instance_uuid": parts.ID_OR_NULL, **_CONNECTOR}
_MODE = {"mode": {"enum": ["rw", "ro"]}}
_CREATE = tuple((version, parts.wrapped("attachment", _NEW | more, required=("volume_uuid",)))
                for version, more in (("3.27", {}), ("3.54", _MODE)))
_UPDATE = tuple((version, parts.wrapped("attachment", _CONNECTOR | more, required=("connector",)))
                for version, more in (("3.27", {}), ("3.54", _MODE)))
_ACTION = {"type": "object", "properties": {"os-complete": {"type": ["object", "null"], "properties": {}, "additionalProperties": False}},
           "required": ["os-complete"], "additionalProperties": False}
_LIST, _ONE, _SINCE = "volume:attachments:list", "/attachments/{attachment_id}", "3.27"

ROUTES = (
    Route("GET", "/attachments", handlers.list_brief, policy=_LIST, since=_SINCE, query=handlers.QUERY),
    Route("POST", "/attachments", handlers.create, policy="volume:attachments:create", since=_SINCE, body=_CREATE),
    Route("GET", "/attachments/detail", handlers.list_full, policy=_LIST, since=_SINCE, query=handlers.QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:attachments:show", since=_SINCE),
    Route("PUT", _ONE, handlers.update, policy="volume:attachments:update", since=_SINCE, body=_UPDATE),
    Route("POST", f"{_ONE}/action", handlers.act, policy="volume:attachments:complete", since="3.44", status=204, body=_ACTION),
    Route("DELETE", _ONE, handlers.delete, policy="volume:attachments:delete", since=_SINCE),
)
