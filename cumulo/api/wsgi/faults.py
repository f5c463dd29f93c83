"""Errors in each API's own JSON form: the one place that turns an error into an answer."""

from typing import Any

import orjson
import webob

from cumulo.common import errors

_COMPUTE_KEYS = {
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
    409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit",
    501: "notImplemented", 503: "serviceUnavailable",
}
_NETWORK_KINDS = {
    400: "HTTPBadRequest", 401: "HTTPUnauthorized", 403: "PolicyNotAuthorized", 404: "HTTPNotFound",
    409: "HTTPConflict", 413: "HTTPRequestEntityTooLarge",
}
RETRY_AFTER_S = 5


def compute_body(error: errors.CumuloError) -> dict[str, Any]:
    """Return {"itemNotFound": {"code": 404, "message": ...}}; block storage shares the form."""
    inner: dict[str, Any] = {"code": error.status, "message": error.message}
    if error.status in (413, 429):
        inner["retryAfter"] = str(error.facts.get("retry_after_s", 0))
    return {_COMPUTE_KEYS.get(error.status, "computeFault"): inner}


def identity_body(error: errors.CumuloError) -> dict[str, Any]:
    """Return {"error": {"code": 404, "title": "Not Found", "message": ...}}; clients of images look for it there too."""
    return {"error": {"code": error.status, "title": error.title, "message": error.message}}


def network_body(error: errors.CumuloError) -> dict[str, Any]:
    """Return {"NeutronError": {"type": "PortNotFound", "message": ..., "detail": ""}}."""
    kind = error.kind or _NETWORK_KINDS.get(error.status, "HTTPInternalServerError")
    return {"NeutronError": {"type": kind, "message": error.message, "detail": ""}}


_TEXT, _STATUS = {"type": "string"}, {"type": "integer", "minimum": 400, "maximum": 599}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_INNER = _object(code=_STATUS, title=_TEXT, message=_TEXT)
_COMPUTE = {"type": "object", "minProperties": 1, "maxProperties": 1,
            "additionalProperties": _object(code=_STATUS, message=_TEXT)}
SCHEMAS: dict[str, dict[str, Any]] = {
    "compute": _COMPUTE, "volume": _COMPUTE,
    "identity": _object(error=_INNER), "image": _object(error=_INNER),
    "network": _object(NeutronError=_object(type=_TEXT, message=_TEXT, detail=_TEXT)),
}
"""The JSON Schema of each API's errors."""

_BODIES = {"compute": compute_body, "volume": compute_body, "network": network_body}


def answer(family: str, error: errors.CumuloError) -> webob.Response:
    """Return the error as an answer of that API."""
    response = webob.Response(status=error.status, content_type="application/json")
    response.body = orjson.dumps(_BODIES.get(family, identity_body)(error))
    if error.status == 503:
        response.headers["Retry-After"] = str(error.facts.get("retry_after_s", RETRY_AFTER_S))
    elif error.status in (409, 413, 429) and "retry_after_s" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_after_s"])
    if "allow" in error.facts and error.status == 405:
        response.headers["Allow"] = error.facts["allow"]
    return response
