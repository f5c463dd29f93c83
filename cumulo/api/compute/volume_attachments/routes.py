"""Routes of a server's volumes."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.volume_attachments import handlers
from cumulo.api.wsgi.route import Route

_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_DEVICE = {"type": ["string", "null"], "maxLength": 255, "pattern": r"^/dev/[a-zA-Z0-9/]+$"}
_TAG = {"tag": parts.TAG}
_GOES = {"delete_on_termination": {"type": "boolean"}}


def _body(**more: Any) -> dict[str, Any]:
    return parts.wrapped("volumeAttachment", {"volumeId": _ID, "device": _DEVICE, **more}, required=("volumeId",))


_ATTACH = (("2.1", _body()), ("2.49", _body(**_TAG)), ("2.79", _body(**_TAG, **_GOES)))
_UPDATE = (("2.1", parts.wrapped("volumeAttachment", {"volumeId": _ID}, required=("volumeId",))),
           ("2.85", parts.wrapped("volumeAttachment", {
               "volumeId": _ID, "device": _DEVICE, "id": _ID, "serverId": _ID, "tag": {"type": ["string", "null"]}, **_GOES},
               required=("volumeId",))))
_ALL, _ONE = "/servers/{server_id}/os-volume_attachments", "/servers/{server_id}/os-volume_attachments/{volume_id}"

ROUTES = (
    Route("GET", _ALL, handlers.list_attachments, policy=handlers.SHOW, query=("limit", "offset")),
    Route("POST", _ALL, handlers.attach, policy=handlers.CHANGE, body=_ATTACH, also=(202,)),
    Route("GET", _ONE, handlers.show, policy=handlers.SHOW),
    Route("PUT", _ONE, handlers.update, policy=handlers.CHANGE, status=202, body=_UPDATE),
    Route("DELETE", _ONE, handlers.detach, policy=handlers.CHANGE, status=202),
)
