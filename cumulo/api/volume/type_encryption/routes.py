"""Routes of the encryption of types."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.type_encryption import handlers
from cumulo.api.wsgi.route import Route

_FIELDS: dict[str, Any] = {
    "provider": parts.NAME, "cipher": parts.TEXT, "control_location": {"enum": ["front-end", "back-end"]},
    "key_size": {"type": ["integer", "null"], "minimum": 0, "maximum": 0x7FFFFFFF}}
_ALL, _ONE = "/types/{type_id}/encryption", "/types/{type_id}/encryption/{encryption_id}"
_RULE = handlers.RULE

ROUTES = (
    Route("GET", _ALL, handlers.show, policy=_RULE),
    Route("POST", _ALL, handlers.create, policy=_RULE, body=parts.wrapped("encryption", _FIELDS, required=("provider",))),
    Route("GET", _ONE, handlers.show_field, policy=_RULE),
    Route("PUT", _ONE, handlers.update, policy=_RULE, body=parts.wrapped("encryption", _FIELDS, minProperties=1)),
    Route("DELETE", _ONE, handlers.delete, policy=_RULE, status=202),
)
