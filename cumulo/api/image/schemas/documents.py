"""JSON schemas of what the API answers, for clients that read them before they write."""

from typing import Any

from cumulo.api.image.tasks.view import STATUSES, TYPES
from cumulo.image.attributes import CONTAINER_FORMATS, DISK_FORMATS, VISIBILITIES
from cumulo.image.listing import MEMBER_STATUSES

_STATUSES = ("queued", "saving", "uploading", "importing", "active", "deactivated")
_UUID = r"^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"


def _field(kind: str | list[str], description: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "description": description, **more}


def _read_only(kind: str | list[str], description: str, **more: Any) -> dict[str, Any]:
    return _field(kind, description, readOnly=True, **more)


IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": {
        "id": _field("string", "An identifier for the image", pattern=_UUID),
        "name": _field(["null", "string"], "Descriptive name for the image", maxLength=255),
        "status": _read_only("string", "Status of the image", enum=list(_STATUSES)),
        "visibility": _field("string", "Scope of image accessibility", enum=list(VISIBILITIES)),
        "protected": _field("boolean", "If true, image will not be deletable."),
        "os_hidden": _field("boolean", "If true, image will not appear in default image list response."),
        "checksum": _read_only(["null", "string"], "md5 hash of image contents.", maxLength=32),
        "os_hash_algo": _read_only(["null", "string"], "Algorithm to calculate the os_hash_value", maxLength=64),
        "os_hash_value": _read_only(["null", "string"], "Hexdigest of the image contents", maxLength=128),
        "owner": _field(["null", "string"], "Owner of the image", maxLength=64),
        "size": _read_only(["null", "integer"], "Size of image file in bytes"),
        "virtual_size": _read_only(["null", "integer"], "Virtual size of image in bytes"),
        "container_format": _field(["null", "string"], "Format of the container", enum=[None, *CONTAINER_FORMATS]),
        "disk_format": _field(["null", "string"], "Format of the disk", enum=[None, *DISK_FORMATS]),
        "created_at": _read_only("string", "Date and time of image registration"),
        "updated_at": _read_only("string", "Date and time of the last image modification"),
        "tags": _field("array", "List of strings related to the image", items={"type": "string", "maxLength": 255}),
        "min_ram": _field("integer", "Amount of ram (in MB) required to boot image."),
        "min_disk": _field("integer", "Amount of disk space (in GB) required to boot image."),
        "kernel_id": _field(["null", "string"], "ID of the image to use as the kernel when booting.",
                            pattern=_UUID, is_base=False),
        "ramdisk_id": _field(["null", "string"], "ID of the image to use as the ramdisk when booting.",
                             pattern=_UUID, is_base=False),
        "stores": _read_only("string", "Stores that hold the image's data, with commas between them"),
        "self": _read_only("string", "An image self url"),
        "file": _read_only("string", "An image file url"),
        "schema": _read_only("string", "An image schema url"),
    },
    "additionalProperties": {"type": "string"},
    "links": [{"rel": "self", "href": "{self}"}, {"rel": "enclosure", "href": "{file}"},
              {"rel": "describedby", "href": "{schema}"}],
}

MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "image_id": _field("string", "An identifier for the image", pattern=_UUID),
        "member_id": _field("string", "An identifier for the image member"),
        "status": _field("string", "The status of this image member", enum=list(MEMBER_STATUSES)),
        "created_at": _read_only("string", "Date and time of image member creation"),
        "updated_at": _read_only("string", "Date and time of last modification of image member"),
        "schema": _read_only("string", "A schema url"),
    },
}

IMAGES: dict[str, Any] = {
    "name": "images",
    "properties": {
        "images": {"type": "array", "items": IMAGE}, "first": {"type": "string"}, "next": {"type": "string"},
        "schema": {"type": "string"},
    },
    "links": [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"},
              {"rel": "describedby", "href": "{schema}"}],
}

MEMBERS: dict[str, Any] = {
    "name": "members",
    "properties": {"members": {"type": "array", "items": MEMBER}, "schema": {"type": "string"}},
    "links": [{"rel": "describedby", "href": "{schema}"}],
}

TASK: dict[str, Any] = {
    "name": "task",
    "properties": {
        "id": _field("string", "An identifier for the task", pattern=_UUID),
        "type": _field("string", "The type of the task", enum=list(TYPES)),
        "status": _field("string", "The state of the task", enum=list(STATUSES)),
        "input": _field(["null", "object"], "What the task was asked to do"),
        "result": _field(["null", "object"], "What came of it"),
        "owner": _field("string", "The project that asked for it"),
        "message": _field("string", "What went wrong, or how far it is"),
        "percent": _field("integer", "How much of it is done"),
        "image_id": _field(["null", "string"], "The image that it is about"),
        "user_id": _field(["null", "string"], "The user who asked for it"),
        "request_id": _field(["null", "string"], "The request that asked for it"),
        "expires_at": _field(["null", "string"], "When it will be forgotten"),
        "created_at": _field("string", "Date and time when it was asked for"),
        "updated_at": _field("string", "Date and time of its last change"),
        "self": _read_only("string", "A task self url"), "schema": _read_only("string", "A schema url"),
    },
}

TASKS: dict[str, Any] = {
    "name": "tasks",
    "properties": {
        "tasks": {"type": "array", "items": TASK}, "first": {"type": "string"}, "next": {"type": "string"},
        "schema": {"type": "string"},
    },
    "links": [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"},
              {"rel": "describedby", "href": "{schema}"}],
}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "image": IMAGE, "images": IMAGES, "member": MEMBER, "members": MEMBERS, "task": TASK, "tasks": TASKS}
