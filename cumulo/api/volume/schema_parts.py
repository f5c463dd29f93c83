"""Pieces of JSON Schema that several resources of the block storage API share."""

from typing import Any

from cumulo.api.compute.schema_parts import BOOLEAN, wrapped

__all__ = ("BOOLEAN", "wrapped")
TEXT: dict[str, Any] = {"type": ["string", "null"], "maxLength": 255}
ID: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 64}
ID_OR_NULL: dict[str, Any] = {"type": ["string", "null"], "maxLength": 64}
NAME: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"}
VALUES: dict[str, Any] = {
    "type": "object", "additionalProperties": False,
    "patternProperties": {r"^[\s\S]{1,255}$": {"type": "string", "maxLength": 255}}}
SPECS: dict[str, Any] = {
    "type": "object", "additionalProperties": False,
    "patternProperties": {r"^[a-zA-Z0-9\-_:. ]{1,255}$": {"type": "string", "maxLength": 255}}}
HINTS: dict[str, Any] = {"type": ["object", "null"], "maxProperties": 16, "additionalProperties": {
    "anyOf": [{"type": "string", "maxLength": 255}, {"type": "array", "maxItems": 64, "items": ID}]}}
CONNECTOR: dict[str, Any] = {"type": "object", "maxProperties": 64, "additionalProperties": {"anyOf": [
    {"type": "string", "maxLength": 1024}, {"type": "boolean"}, {"type": "null"},
    {"type": "array", "maxItems": 64, "items": {"type": "string", "maxLength": 255}}]}, "properties": {
        "host": TEXT, "mountpoint": TEXT, "mode": TEXT}}
"""Where somebody is who uses a volume, in their own words: host, initiator, ip and the like."""
SIZE: dict[str, Any] = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 0x7FFFFFFF},
                                  {"type": "string", "pattern": "^[0-9]{1,10}$"}]}


def size(value: int | str) -> int | None:
    """Return a size in GiB that may have come as text; None for what no volume can have."""
    number = int(value)
    return number if 0 < number <= 0x7FFFFFFF else None
