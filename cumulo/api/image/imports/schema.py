"""The body of an import."""

from typing import Any

from cumulo.image.imports import METHODS
from cumulo.image.uris import MOST_CHARACTERS

REMOTE = ("glance_image_id", "glance_region", "glance_service_interface")
"""What glance-download is told: which image of which region, and by which of its endpoints."""

IMPORT: dict[str, Any] = {
    "type": "object",
    "required": ["method"],
    "properties": {
        "method": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "enum": list(METHODS)},
                           "uri": {"type": "string", "maxLength": MOST_CHARACTERS},
                           **{name: {"type": "string", "minLength": 1, "maxLength": 255} for name in REMOTE}},
            "additionalProperties": False,
        },
        "stores": {"type": "array", "items": {"type": "string", "maxLength": 64}, "minItems": 1, "maxItems": 64,
                   "uniqueItems": True},
        "all_stores": {"type": "boolean"},
        "all_stores_must_succeed": {"type": "boolean"},
    },
    "additionalProperties": False,
}
