"""The body of an import."""

from typing import Any

from cumulo.image.imports import METHODS
from cumulo.image.uris import MOST_CHARACTERS

IMPORT: dict[str, Any] = {
    "type": "object",
    "required": ["method"],
    "properties": {
        "method": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "enum": list(METHODS)},
                           "uri": {"type": "string", "maxLength": MOST_CHARACTERS}},
            "additionalProperties": False,
        },
        "stores": {"type": "array", "items": {"type": "string", "maxLength": 64}, "minItems": 1, "maxItems": 64,
                   "uniqueItems": True},
        "all_stores": {"type": "boolean"},
        "all_stores_must_succeed": {"type": "boolean"},
    },
    "additionalProperties": False,
}
