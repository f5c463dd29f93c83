"""Bodies of a server's network cards. 2.49 added the tag."""

from typing import Any

from cumulo.api.compute import schema_parts as parts

_UUID = {"type": "string", "format": "uuid"}
_ADDRESS = {"type": "object", "additionalProperties": False, "required": ["ip_address"], "properties": {
    "ip_address": {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]}}}
_FIRST: dict[str, Any] = {
    "net_id": _UUID, "port_id": _UUID, "fixed_ips": {"type": "array", "minItems": 1, "maxItems": 1, "items": _ADDRESS}}
_TAG = {"tag": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}}

ATTACH = (("2.1", parts.wrapped("interfaceAttachment", _FIRST)),
          ("2.49", parts.wrapped("interfaceAttachment", _FIRST | _TAG)))
