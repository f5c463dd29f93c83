"""Bodies of requests about volumes."""

from typing import Any

from cumulo.api.volume import schema_parts as parts

_NEW: dict[str, Any] = {
    "name": parts.TEXT, "display_name": parts.TEXT, "description": parts.TEXT, "display_description": parts.TEXT,
    "size": {"anyOf": [*parts.SIZE["anyOf"], {"type": "null"}]}, "volume_type": parts.TEXT,
    "metadata": {**parts.VALUES, "type": ["object", "null"]}, "availability_zone": parts.TEXT, "multiattach": parts.BOOLEAN,
}
_HINTS = {"OS-SCH-HNT:scheduler_hints": parts.HINTS, "scheduler_hints": parts.HINTS}


def _create(**more: Any) -> dict[str, Any]:
    wrapped = parts.wrapped("volume", _NEW | more)
    return wrapped | {"properties": wrapped["properties"] | _HINTS}


_SOURCES: dict[str, Any] = {"snapshot_id": parts.ID_OR_NULL, "source_volid": parts.ID_OR_NULL, "imageRef": parts.ID_OR_NULL,
                            "image_id": parts.ID_OR_NULL, "consistencygroup_id": parts.ID_OR_NULL}
# Clients send these as null when they want none; a value is for what this cloud does not have (yet).
_SOURCES |= {name: {"type": "null"} for name in ("backup_id", "group_id", "source_replica")}
_GROUPED = _SOURCES | {"group_id": parts.ID_OR_NULL}
# Older clients send what they know of a volume back with the wish for one: it was never read.
_UNREAD: dict[str, Any] = dict.fromkeys(("user_id", "project_id", "status", "attach_status"), parts.TEXT)
_BACKED_UP = _GROUPED | {"backup_id": parts.ID_OR_NULL}
CREATE = (("3.0", _create(**_SOURCES, **_UNREAD)), ("3.13", _create(**_GROUPED, **_UNREAD)),
          ("3.47", _create(**_BACKED_UP, **_UNREAD)), ("3.53", _create(**_BACKED_UP)))
_CHANGED: dict[str, Any] = {
    "name": parts.TEXT, "display_name": parts.TEXT, "description": parts.TEXT, "display_description": parts.TEXT,
    "metadata": parts.VALUES}
UPDATE = (("3.0", parts.wrapped("volume", _CHANGED)), ("3.53", parts.wrapped("volume", _CHANGED, minProperties=1)))
