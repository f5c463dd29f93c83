"""Bodies of the routes of images.

A name that only the service sets is let through here, whatever it holds: cumulo/image/attributes.py refuses
it with 403, which tells clients more than a 400.
"""

from typing import Any

from cumulo.image.attributes import CONTAINER_FORMATS, DISK_FORMATS, READ_ONLY, VISIBILITIES

_UUID = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 0x7FFFFFFF}
_FLAG = {"type": "boolean"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 255}

CREATE: dict[str, Any] = {
    "type": "object", "propertyNames": _NAME, "additionalProperties": {"type": "string"},
    "patternProperties": {"^os_glance": {}},
    "properties": {
        "id": _UUID, "name": {"type": ["string", "null"], "maxLength": 255}, "visibility": {"enum": list(VISIBILITIES)},
        "container_format": {"enum": [None, *CONTAINER_FORMATS]}, "disk_format": {"enum": [None, *DISK_FORMATS]},
        "min_disk": _NUMBER, "min_ram": _NUMBER, "protected": _FLAG, "os_hidden": _FLAG,
        "owner": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
        "tags": {"type": "array", "items": _NAME}, "kernel_id": _UUID, "ramdisk_id": _UUID,
        **{name: {} for name in sorted(READ_ONLY)}}}

_PATH = {"type": "string", "pattern": "^/([^/]+|locations/(-|[0-9]{1,4}))$"}
_OPERATIONS = ("add", "replace", "remove")


def _one_of(operation: str) -> dict[str, Any]:
    """The older form of an operation: its name is the key of the path."""
    return {"type": "object", "required": [operation], "properties": {operation: _PATH}}


UPDATE: dict[str, Any] = {"type": "array", "items": {"anyOf": [
    {"type": "object", "required": ["op", "path"], "properties": {"op": {"enum": list(_OPERATIONS)}, "path": _PATH}},
    *(_one_of(operation) for operation in _OPERATIONS)]}}
