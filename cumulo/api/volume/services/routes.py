"""Routes of services."""

from typing import Any

from cumulo.api.volume.services import handlers
from cumulo.api.wsgi.route import Route

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
_REASON = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^\S(.*\S)?$"}


def _body(*required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"host": _TEXT, **more}, "required": ["host", *required],
            "additionalProperties": False}


_RULE, _ABOUT = "volume:services:manage", {"binary": _TEXT}

ROUTES = (
    Route("GET", "/os-services", handlers.list_services, policy=_RULE, query=("host", "binary")),
    Route("PUT", "/os-services/enable", handlers.enable, policy=_RULE, body=_body("binary", **_ABOUT)),
    Route("PUT", "/os-services/disable", handlers.disable, policy=_RULE, body=_body("binary", **_ABOUT)),
    Route("PUT", "/os-services/disable-log-reason", handlers.disable_with_reason, policy=_RULE,
          body=_body("binary", "disabled_reason", **_ABOUT, disabled_reason=_REASON)),
    Route("PUT", "/os-services/freeze", handlers.freeze, policy=_RULE, body=_body()),
    Route("PUT", "/os-services/thaw", handlers.thaw, policy=_RULE, body=_body()),
)
