"""Bodies of requests about backups."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.volume import backup_records, backup_states

_NAMED: dict[str, Any] = {"name": parts.TEXT, "description": parts.TEXT}
_NEW: dict[str, Any] = _NAMED | {
    "volume_id": parts.ID, "snapshot_id": parts.ID_OR_NULL, "container": parts.TEXT, "incremental": parts.BOOLEAN,
    "force": parts.BOOLEAN}
_METADATA = {"metadata": {**parts.VALUES, "type": ["object", "null"]}}
_ZONE = {"availability_zone": parts.TEXT}


def _create(**more: Any) -> dict[str, Any]:
    return parts.wrapped("backup", _NEW | more, required=("volume_id",))


CREATE = (("3.0", _create()), ("3.43", _create(**_METADATA)), ("3.51", _create(**_METADATA, **_ZONE)))
UPDATE = (("3.9", parts.wrapped("backup", _NAMED, minProperties=1)),
          ("3.43", parts.wrapped("backup", _NAMED | {"metadata": parts.VALUES}, minProperties=1)))
RESTORE = parts.wrapped("restore", {"volume_id": parts.ID_OR_NULL, "name": parts.TEXT})
IMPORT = parts.wrapped("backup-record", {
    "backup_service": {"type": "string", "minLength": 1, "maxLength": 255},
    "backup_url": {"type": "string", "minLength": 1, "maxLength": backup_records.LONGEST}}, required=("backup_service", "backup_url"))
_NOTHING = {"type": ["object", "null"], "properties": {}, "additionalProperties": False}
ACTION: dict[str, Any] = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False, "properties": {
    "os-reset_status": {"type": "object", "properties": {"status": {"enum": list(backup_states.FOR_RESET)}},
                        "required": ["status"], "additionalProperties": False},
    "os-force_delete": _NOTHING}}
