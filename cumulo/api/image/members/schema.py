"""Bodies of the routes of members."""

from typing import Any

from cumulo.image.listing import MEMBER_STATUSES

CREATE: dict[str, Any] = {
    "type": "object", "required": ["member"], "additionalProperties": False,
    "properties": {"member": {"type": "string", "minLength": 1, "maxLength": 64}},
}
UPDATE: dict[str, Any] = {
    "type": "object", "required": ["status"], "additionalProperties": False,
    "properties": {"status": {"type": "string", "enum": list(MEMBER_STATUSES)}},
}
