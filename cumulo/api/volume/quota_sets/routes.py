"""Routes of quotas."""

from typing import Any

from cumulo.api.volume.quota_sets import handlers
from cumulo.api.wsgi.route import Route
from cumulo.volume import quotas

_NUMBER = {"anyOf": [{"type": "integer", "minimum": -1, "maximum": 0x7FFFFFFF},
                     {"type": "string", "pattern": "^-?[0-9]{1,9}$"}]}
_OF_TYPES = {f"^({'|'.join(quotas.BY_TYPE)})_.{{1,240}}$": _NUMBER}


def body(key: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a body that sets limits, of types too."""
    inner = {"type": "object", "properties": dict.fromkeys(quotas.NAMES, _NUMBER) | more, "patternProperties": _OF_TYPES,
             "additionalProperties": False, "minProperties": 1}
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False}


_TEXT = {"type": "string", "maxLength": 64}
_ONE, _MANAGE = "/os-quota-sets/{project_id}", "volume:quota_sets:manage"

ROUTES = (
    Route("GET", _ONE, handlers.show, policy="volume:quota_sets:defaults", query=("usage",)),
    Route("GET", f"{_ONE}/defaults", handlers.show_defaults, policy="volume:quota_sets:defaults"),
    Route("PUT", _ONE, handlers.update, policy=_MANAGE, query=("skip_validation",),
          body=body("quota_set", tenant_id=_TEXT, id=_TEXT, force={"type": "boolean"})),
    Route("DELETE", _ONE, handlers.delete, policy=_MANAGE),
)
