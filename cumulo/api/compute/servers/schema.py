"""Bodies of servers. 2.19 added the description."""

from typing import Any

from cumulo.api.compute import schema_parts as parts

_TEXT = {"type": "string", "maxLength": 255}
_NETWORK = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "uuid": {"type": "string", "format": "uuid"},
        "port": {"type": ["string", "null"], "format": "uuid"},
        "fixed_ip": {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]}}}
_ACCESS = {
    "accessIPv4": {"anyOf": [{"type": "string", "format": "ipv4"}, {"enum": ["", None]}]},
    "accessIPv6": {"anyOf": [{"type": "string", "format": "ipv6"}, {"enum": ["", None]}]},
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]}}
_HINTS = {"type": "object"}

_CREATE = {
    "name": parts.NAME, "imageRef": {"type": "string", "maxLength": 255},
    "flavorRef": {"type": ["string", "integer"], "minLength": 1, "maxLength": 255},
    "key_name": _TEXT | {"minLength": 1}, "metadata": parts.METADATA,
    "networks": {"type": "array", "maxItems": 64, "items": _NETWORK},
    "security_groups": {"type": "array", "maxItems": 64, "items": {
        "type": "object", "properties": {"name": _TEXT | {"minLength": 1}}, "additionalProperties": False}},
    "availability_zone": _TEXT | {"minLength": 1}, "user_data": {"type": ["string", "null"], "maxLength": 65535},
    "config_drive": {"anyOf": [parts.BOOLEAN, {"enum": ["", None]}]},
    "min_count": parts.integer(1), "max_count": parts.integer(1), "return_reservation_id": parts.BOOLEAN,
    "adminPass": {"type": "string", "maxLength": 255},
    "personality": {"type": "array", "maxItems": 64, "items": {"type": "object"}},
    "block_device_mapping": {"type": "array", "maxItems": 64, "items": {"type": "object"}},
    "block_device_mapping_v2": {"type": "array", "maxItems": 64, "items": {"type": "object"}}, **_ACCESS}
_UPDATE: dict[str, Any] = {"name": parts.NAME, **_ACCESS}
_DESCRIPTION = {"description": {"type": ["string", "null"], "maxLength": 255, "pattern": r"^[^\p{Cc}]*$"}}


def _create(properties: dict[str, Any]) -> dict[str, Any]:
    whole = parts.wrapped("server", properties, required=("name", "flavorRef"))
    whole["properties"] |= {"os:scheduler_hints": _HINTS, "OS-SCH-HNT:scheduler_hints": _HINTS}
    return whole


CREATE = (("2.1", _create(_CREATE)), ("2.19", _create(_CREATE | _DESCRIPTION)))
UPDATE = (("2.1", parts.wrapped("server", _UPDATE)), ("2.19", parts.wrapped("server", _UPDATE | _DESCRIPTION)))
