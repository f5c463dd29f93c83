"""Routes of services. The ways of microversion 2.53 and later are not offered yet."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.services import handlers
from cumulo.api.wsgi.route import Route

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}


def _body(**more: Any) -> dict[str, Any]:
    required = ["host", "binary", *(name for name in more if name == "disabled_reason")]
    return {"type": "object", "properties": {"host": _TEXT, "binary": _TEXT, **more}, "required": required,
            "additionalProperties": False}


_REASON = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^\S(.*\S)?$"}
_RULE = "compute:services:manage"

ROUTES = (
    Route("GET", "/os-services", handlers.list_services, policy=_RULE, query=("host", "binary")),
    Route("PUT", "/os-services/enable", handlers.enable, policy=_RULE, body=_body()),
    Route("PUT", "/os-services/disable", handlers.disable, policy=_RULE, body=_body()),
    Route("PUT", "/os-services/disable-log-reason", handlers.disable_with_reason, policy=_RULE,
          body=_body(disabled_reason=_REASON)),
    Route("PUT", "/os-services/force-down", handlers.force_down, policy=_RULE, since="2.11",
          body=_body(forced_down=parts.BOOLEAN)),
)
