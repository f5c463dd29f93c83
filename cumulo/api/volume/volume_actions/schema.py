"""Bodies of actions: one key that names the action."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.volume import states


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_STATUS = {"status": {"enum": [*states.FOR_RESET, None]}, "attach_status": {"enum": ["attached", "detached", None]},
           "migration_status": {"type": ["string", "null"], "maxLength": 255}}
ACTIONS: dict[str, Any] = {
    "os-extend": _object(("new_size",), new_size=parts.SIZE),
    "os-force_delete": {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
    "os-set_bootable": _object(("bootable",), bootable=parts.BOOLEAN),
    "os-update_readonly_flag": _object(("readonly",), readonly=parts.BOOLEAN),
    "os-reset_status": _object(**_STATUS) | {"minProperties": 1},
    "os-set_image_metadata": _object(("metadata",), metadata=parts.VALUES),
    "os-unset_image_metadata": _object(("key",), key={"type": "string", "minLength": 1, "maxLength": 255}),
    "os-show_image_metadata": {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
}
BODY: dict[str, Any] = {"type": "object", "properties": ACTIONS, "minProperties": 1, "maxProperties": 1,
                        "additionalProperties": False}
