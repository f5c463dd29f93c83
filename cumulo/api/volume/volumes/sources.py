"""What a new volume is made of, from the body: nothing, a snapshot, another volume, an image, or (3.47) a backup.

Whatever it is is held until the transaction ends, in which the new volume comes to say that it is being made of it.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.image import formats, images
from cumulo.volume import backups, moments, snapshots, states, volumes

GIB = 1024**3
_FIELDS = ("snapshot_id", "source_volid", "imageRef", "image_id", "backup_id")
SAID = ("container_format", "disk_format", "checksum", "min_disk", "min_ram", "size")
"""What a volume keeps of its image, beside its id, name and free properties."""


@dataclasses.dataclass(frozen=True)
class Source:
    """What the volume's operation is told of it, columns that follow, and the sizes that it must have, and usually has."""

    state: Mapping[str, Any] | None = None
    columns: dict[str, Any] = dataclasses.field(default_factory=dict)
    type_id: str | None = None
    least_gib: int = 1
    size_gib: int | None = None


def find(request: Request, connection: sa.Connection, asked: Mapping[str, Any]) -> Source:
    """Return what a volume is to be made of; raises NotFound, and BadRequest for two of them or one in a wrong state."""
    named = [name for name in _FIELDS if asked.get(name)]
    if len(named) > 1:
        raise errors.BadRequest(f"A volume is made of one thing: choose between {' and '.join(named)}.")
    if not named:
        return Source()
    its_id = common.short_id(asked[named[0]], _not_found)
    if named[0] == "snapshot_id":
        return _snapshot(request, connection, its_id)
    if named[0] == "backup_id":
        return _backup(request, connection, its_id)
    return _volume(request, connection, its_id) if named[0] == "source_volid" else _image(request, connection, its_id)


def _not_found(its_id: str) -> errors.NotFound:
    return errors.NotFound(f"{its_id} could not be found.")


def _snapshot(request: Request, connection: sa.Connection, snapshot_id: str) -> Source:
    row = snapshots.get_snapshot(connection, snapshot_id, project_id=common.project_of(request), lock=True)
    of = volumes.get_volume(connection, row["volume_id"])
    if row["shown_status"] != states.AVAILABLE or of["shown_status"] == states.DELETING:
        raise errors.BadRequest(f"Invalid snapshot: Snapshot {snapshot_id} must be available to make a volume of it.")
    state = {"kind": "snapshot", "id": snapshot_id, "volume_id": of["id"], "backend": of["backend"]}
    return Source(state, _kept(of) | {"snapshot_id": snapshot_id}, of["type_id"], row["size_gib"], row["size_gib"])


def _volume(request: Request, connection: sa.Connection, volume_id: str) -> Source:
    row = volumes.get_volume(connection, volume_id, project_id=common.project_of(request), lock=True)
    volumes.require(row, "make a volume of it", states.FROM)
    moments.refuse_torn(connection, row, "copy it")
    state = {"kind": "volume", "id": volume_id, "backend": row["backend"]}
    return Source(state, _kept(row) | {"source_id": volume_id}, row["type_id"], row["size_gib"], row["size_gib"])


def _backup(request: Request, connection: sa.Connection, backup_id: str) -> Source:
    row = backups.get_backup(connection, backup_id, project_id=common.project_of(request), lock=True)
    request.authorize("volume:backups:restore", {"project_id": row["project_id"], "user_id": row["user_id"]})
    backups.require_readable(row)
    return Source(backups.source(row), backups.kept(row) | {"backup_id": backup_id}, row["said"].get("type_id"), row["size_gib"],
                  row["size_gib"])


def _kept(row: volumes.Row) -> dict[str, Any]:
    """What a copy keeps of the original."""
    return {"bootable": row["bootable"], "image_metadata": row["image_metadata"], "image_id": row["image_id"]}


def _image(request: Request, connection: sa.Connection, image_id: str) -> Source:
    """Return what a volume is of an image; since 3.46 one that a server with volumes became stands for the snapshot of its root."""
    if request.is_at_least("3.46"):
        try:
            image = images.get_visible_image(connection, request.context, image_id, hold=True)
        except errors.NotFound:
            return of_image(request, connection, image_id)  # which refuses it
        snapshot_id = _root_snapshot(image["properties"])
        if snapshot_id is not None:
            return _snapshot(request, connection, common.short_id(snapshot_id, _not_found))
    return of_image(request, connection, image_id)


def _root_snapshot(properties: Mapping[str, Any]) -> str | None:
    """Return the snapshot that an image names for the disk to boot from; such properties are free, so they may hold anything."""
    try:
        devices = json.loads(properties.get("block_device_mapping") or "[]")
    except (ValueError, RecursionError):
        return None
    for each in devices if isinstance(devices, list) else ():
        if isinstance(each, dict) and each.get("boot_index") == 0 and isinstance(each.get("snapshot_id"), str):
            return str(each["snapshot_id"])
    return None


def of_image(request: Request, connection: sa.Connection, image_id: str) -> Source:
    """Return what a volume is of an image, which is held; raises BadRequest for one that cannot be seen or used."""
    try:
        image = images.get_visible_image(connection, request.context, image_id, hold=True)
    except errors.NotFound as failure:
        raise errors.BadRequest(f"Invalid imageRef provided: image {image_id} could not be found.") from failure
    if image["status"] != "active" or formats.is_wrapped(image["container_format"]):
        raise errors.BadRequest(f"Image {image_id} is {image['status']}, {image['container_format']}: it must be active, bare.")
    bytes_needed = max(image["size"] or 0, image["virtual_size"] or 0)
    least = max(1, image["min_disk"], -(-bytes_needed // GIB))
    said = {"image_id": image_id, "image_name": image["name"] or ""}
    said |= {name: str(image[name]) for name in SAID if image[name] is not None} | image["properties"]
    columns = {"bootable": True, "image_id": image_id, "image_metadata": said}
    return Source({"kind": "image", "id": image_id}, columns, least_gib=least)
