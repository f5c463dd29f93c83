"""Pieces of JSON Schema that several resources share."""

from typing import Any

NAME: dict[str, Any] = {
    "type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$"}
"""A name: 1 to 255 characters, none of control, no blanks at its ends."""

BOOLEAN: dict[str, Any] = {"enum": [
    True, False, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t",
    "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"]}

METADATA: dict[str, Any] = {
    "type": "object", "additionalProperties": False,
    "patternProperties": {r"^[a-zA-Z0-9\-_:. ]{1,255}$": {"type": "string", "maxLength": 255}}}

TAG: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}


def integer(least: int, most: int = 0x7FFFFFFF) -> dict[str, Any]:
    """Return the schema of a number that may come as text, as old clients send it; see as_integer."""
    return {"anyOf": [{"type": "integer", "minimum": least, "maximum": most},
                      {"type": "string", "pattern": "^-?[0-9]{1,10}$"}]}


def wrapped(key: str, properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return the schema of {key: {properties}} in which nothing else may stand."""
    inner = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"type": "object", "properties": {key: inner | more}, "required": [key], "additionalProperties": False}
