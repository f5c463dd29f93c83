"""Routes of keypairs."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.keypairs import handlers
from cumulo.api.wsgi.route import Route

_NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[A-Za-z0-9 \-_]*[A-Za-z0-9\-_][A-Za-z0-9 \-_]*$"}
_WIDER_NAME = _NAME | {"pattern": r"^[A-Za-z0-9 \-_.@]*[A-Za-z0-9\-_.@][A-Za-z0-9 \-_.@]*$"}
_BASE: dict[str, Any] = {"name": _NAME, "public_key": {"type": "string", "minLength": 1, "maxLength": 16384}}
_TYPE = {"type": {"enum": ["ssh", "x509"]}}
_USER = {"user_id": {"type": "string", "minLength": 1, "maxLength": 64}}
_CREATE = (
    ("2.1", parts.wrapped("keypair", _BASE, required=("name",))),
    ("2.2", parts.wrapped("keypair", _BASE | _TYPE, required=("name",))),
    ("2.10", parts.wrapped("keypair", _BASE | _TYPE | _USER, required=("name",))),
    ("2.92", parts.wrapped("keypair", _BASE | _TYPE | _USER | {"name": _WIDER_NAME}, required=("name", "public_key"))),
)
_RULE = "compute:keypairs:use"
_QUERY = ("user_id", "limit", "marker")

ROUTES = (
    Route("POST", "/os-keypairs", handlers.create, policy=_RULE, body=_CREATE, also=(201,)),
    Route("GET", "/os-keypairs", handlers.list_keypairs, policy=_RULE, query=_QUERY),
    Route("GET", "/os-keypairs/{name}", handlers.show, policy=_RULE, query=("user_id",)),
    Route("DELETE", "/os-keypairs/{name}", handlers.delete, policy=_RULE, status=202, also=(204,), query=("user_id",)),
)
