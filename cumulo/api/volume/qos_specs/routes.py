"""Routes of QoS specs. Three of them change something by GET: so clients of this API ask for it."""

from typing import Any

from cumulo.api.volume import common
from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.qos_specs import handlers
from cumulo.api.wsgi.route import Route
from cumulo.volume import qos

_CONSUMER: dict[str, Any] = {"enum": [qos.FRONT_END, qos.BACK_END, qos.BOTH]}
_KEY, _VALUE = r"^[a-zA-Z0-9\-_:. ]{1,255}$", {"type": ["string", "integer", "number"]}


def _specs(required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    inner = {"type": "object", "properties": {"consumer": _CONSUMER, **more}, "required": list(required), "minProperties": 1,
             "maxProperties": 128, "patternProperties": {_KEY: _VALUE}, "additionalProperties": False}
    return {"type": "object", "properties": {"qos_specs": inner}, "required": ["qos_specs"], "additionalProperties": False}


_KEYS = {"type": "object", "required": ["keys"], "additionalProperties": False, "properties": {
    "keys": {"type": "array", "minItems": 1, "maxItems": 128, "items": {"type": "string", "minLength": 1, "maxLength": 255}}}}
_READ, _MANAGE, _ONE = handlers.READ, handlers.MANAGE, "/qos-specs/{qos_specs_id}"

ROUTES = (
    Route("GET", "/qos-specs", handlers.list_specs, policy=_READ, query=common.PAGE_QUERY),
    Route("POST", "/qos-specs", handlers.create, policy=_MANAGE, body=_specs(("name",), name=parts.NAME)),
    Route("GET", _ONE, handlers.show, policy=_READ),
    Route("PUT", _ONE, handlers.change, policy=_MANAGE, body=_specs()),
    Route("DELETE", _ONE, handlers.delete, policy=_MANAGE, status=202, query=("force",)),
    Route("PUT", f"{_ONE}/delete_keys", handlers.delete_keys, policy=_MANAGE, status=202, body=_KEYS),
    Route("GET", f"{_ONE}/associations", handlers.associations, policy=_READ),
    Route("GET", f"{_ONE}/associate", handlers.associate, policy=_MANAGE, status=202, query=("vol_type_id",)),
    Route("GET", f"{_ONE}/disassociate", handlers.disassociate, policy=_MANAGE, status=202, query=("vol_type_id",)),
    Route("GET", f"{_ONE}/disassociate_all", handlers.disassociate_all, policy=_MANAGE, status=202),
)
