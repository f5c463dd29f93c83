"""Routes of services: one for each thing to be done until 2.52, one for all of them since."""

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
_UPDATE = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {
    "status": {"enum": ["enabled", "disabled"]}, "disabled_reason": _REASON, "forced_down": parts.BOOLEAN}}
_RULE, _OLD, _ONE = "compute:services:manage", "2.52", "/os-services/{service_id}"

ROUTES = (
    Route("GET", "/os-services", handlers.list_services, policy=_RULE, query=("host", "binary")),
    Route("PUT", "/os-services/enable", handlers.enable, policy=_RULE, body=_body(), until=_OLD),
    Route("PUT", "/os-services/disable", handlers.disable, policy=_RULE, body=_body(), until=_OLD),
    Route("PUT", "/os-services/disable-log-reason", handlers.disable_with_reason, policy=_RULE,
          body=_body(disabled_reason=_REASON), until=_OLD),
    Route("PUT", "/os-services/force-down", handlers.force_down, policy=_RULE, since="2.11",
          body=_body(forced_down=parts.BOOLEAN), until=_OLD),
    Route("PUT", _ONE, handlers.update, policy=_RULE, since="2.53", body=_UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy=_RULE, status=204),
)
