"""Bodies of actions: one key that names the action."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.volume_actions.upload import FORMATS
from cumulo.volume import states


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_STATUS = {"status": {"enum": [*states.FOR_RESET, None]}, "attach_status": {"enum": ["attached", "detached", None]},
           "migration_status": {"enum": ["none", states.MIGRATED, states.NOT_MIGRATED, None]}}
_NOTHING = {"type": ["object", "null"], "properties": {}, "additionalProperties": False}
_UPLOAD = {"image_name": {"type": "string", "minLength": 1, "maxLength": 255}, "force": parts.BOOLEAN,
           "container_format": {"enum": ["bare"]}, "disk_format": {"enum": list(FORMATS)}}
_ATTACH = {"instance_uuid": parts.ID, "host_name": parts.NAME, "mountpoint": {"type": "string", "minLength": 1, "maxLength": 255},
           "mode": {"enum": ["rw", "ro"]}}
ACTIONS: dict[str, Any] = {
    "os-volume_upload_image": _object(("image_name",), **_UPLOAD),
    "os-retype": _object(("new_type",), new_type=parts.NAME, migration_policy={"enum": ["never", "on-demand", None]}),
    "os-unmanage": _NOTHING,
    "os-migrate_volume": _object(("host",), host=parts.NAME, force_host_copy=parts.BOOLEAN, lock_volume=parts.BOOLEAN),
    "os-reserve": _NOTHING, "os-unreserve": _NOTHING, "os-begin_detaching": _NOTHING, "os-roll_detaching": _NOTHING,
    "os-attach": _object(("mountpoint",), **_ATTACH),
    "os-detach": _object(attachment_id=parts.ID_OR_NULL) | {"type": ["object", "null"]},
    "os-force_detach": _object(attachment_id=parts.ID_OR_NULL, connector={"type": ["object", "null"]}),
    "os-initialize_connection": _object(("connector",), connector=parts.CONNECTOR),
    "os-terminate_connection": _object(("connector",), connector=parts.CONNECTOR | {"type": ["object", "null"], "required": []}),
    "os-extend": _object(("new_size",), new_size=parts.SIZE),
    "os-force_delete": {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
    "os-set_bootable": _object(("bootable",), bootable=parts.BOOLEAN),
    "os-update_readonly_flag": _object(("readonly",), readonly=parts.BOOLEAN),
    "os-reset_status": _object(**_STATUS) | {"minProperties": 1},
    "os-set_image_metadata": _object(("metadata",), metadata=parts.VALUES),
    "os-unset_image_metadata": _object(("key",), key={"type": "string", "minLength": 1, "maxLength": 255}),
    "os-show_image_metadata": {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
}
SINCE_3_1 = ACTIONS | {"os-volume_upload_image": _object(("image_name",), **_UPLOAD, protected=parts.BOOLEAN, visibility={
    "enum": ["private", "shared", "community"]})}
SINCE_3_40 = SINCE_3_1 | {"revert": _object(("snapshot_id",), snapshot_id=parts.ID)}
SINCE_3_68 = SINCE_3_40 | {"os-reimage": _object(("image_id",), image_id=parts.ID, reimage_reserved=parts.BOOLEAN)}
BODY = tuple((version, {"type": "object", "properties": actions, "minProperties": 1, "maxProperties": 1,
                        "additionalProperties": False}) for version, actions in (
                  ("3.0", ACTIONS), ("3.1", SINCE_3_1), ("3.40", SINCE_3_40), ("3.68", SINCE_3_68)))
