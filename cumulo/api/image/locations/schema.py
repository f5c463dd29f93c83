"""The body of a new location."""

from typing import Any

from cumulo.image.intake import HASHES
from cumulo.image.urls import MOST_CHARACTERS

_SAID = {"os_hash_algo": {"enum": list(HASHES)},
         "os_hash_value": {"type": "string", "pattern": f"^[0-9a-f]{{{min(HASHES.values())},{max(HASHES.values())}}}$"}}

ADD: dict[str, Any] = {
    "type": "object",
    "required": ["url"],
    "properties": {
        "url": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
        "validation_data": {"anyOf": [
            {"type": "object", "required": list(_SAID), "properties": _SAID, "additionalProperties": False},
            {"type": "object", "maxProperties": 0}, {"type": "null"}]},
    },
    "additionalProperties": False,
}
