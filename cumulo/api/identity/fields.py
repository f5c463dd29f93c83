"""JSON Schema of the attributes that several identity resources share, and the envelope around them."""

from typing import Any

Schema = dict[str, Any]

MAX_TEXT = 16000
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[a-zA-Z0-9_.:\-]+$"}
OPTIONAL_ID: Schema = ID | {"type": ["string", "null"]}
BOOLEAN: Schema = {"type": "boolean"}
DESCRIPTION: Schema = {"type": ["string", "null"], "maxLength": MAX_TEXT}
OPTIONS: Schema = {"type": "object", "additionalProperties": False,
                   "properties": {"immutable": {"type": ["boolean", "null"]}}}
TAGS: Schema = {"type": "array", "maxItems": 80, "uniqueItems": True, "items": {
    "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}}
# Clients may attach attributes of their own to users and projects; they come back as they were sent.
EXTRA: Schema = {"type": ["string", "null"], "maxLength": MAX_TEXT}


def name(max_length: int) -> Schema:
    """Return the schema of a name: not empty, not only white space."""
    return {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": r"\S"}


def envelope(key: str, properties: Schema, *, required: tuple[str, ...] = (), extra: bool = False,
             at_least_one: bool = False) -> Schema:
    """Return the schema of {key: {...}}; extra lets clients add text attributes of their own."""
    inner: Schema = {"type": "object", "properties": properties, "required": list(required),
                     "additionalProperties": EXTRA if extra else False, "maxProperties": 64}
    if at_least_one:
        inner["minProperties"] = 1
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False}


def list_envelope(key: str, properties: Schema, *, required: tuple[str, ...]) -> Schema:
    """Return the schema of {key: [{...}, ...]}: what several are created with at once."""
    inner: Schema = {"type": "object", "properties": properties, "required": list(required),
                     "additionalProperties": False}
    return {"type": "object", "required": [key], "additionalProperties": False,
            "properties": {key: {"type": "array", "minItems": 1, "maxItems": 100, "items": inner}}}
