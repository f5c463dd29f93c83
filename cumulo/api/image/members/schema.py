"""Bodies of the routes of members."""

from typing import Any

from cumulo.image.listing import MEMBER_STATUSES

_MEMBER = {"type": "string", "minLength": 1, "maxLength": 64}
CREATE: dict[str, Any] = {
    "type": "object", "required": ["member"], "additionalProperties": False,
    "properties": {"member": _MEMBER},
}
UPDATE: dict[str, Any] = {
    "type": "object", "required": ["status"], "additionalProperties": False,
    # Clients repeat the member that the path names.
    "properties": {"member": _MEMBER, "status": {"type": "string", "enum": list(MEMBER_STATUSES)}},
}
