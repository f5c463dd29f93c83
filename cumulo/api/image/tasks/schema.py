"""The body of a task, and what describes tasks to clients."""

from typing import Any

from cumulo.image.uris import MOST_CHARACTERS

CREATE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "input"],
    "properties": {
        "type": {"type": "string", "enum": ["import"]},
        "input": {
            "type": "object",
            "required": ["import_from", "import_from_format", "image_properties"],
            "properties": {
                "import_from": {"type": "string", "maxLength": MOST_CHARACTERS},
                "import_from_format": {"type": "string", "maxLength": 64},
                "image_properties": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
