"""Servers saved as images: what such an image is called and says of the server it came from."""

from collections.abc import Mapping
from typing import Any

from cumulo.common import errors
from cumulo.compute import states

Row = Mapping[str, Any]
ALLOWED = (states.ACTIVE, states.SHUTOFF, states.PAUSED, states.SUSPENDED)
_NOT_INHERITED = frozenset(("image_type", "instance_uuid", "backup_type", "base_image_ref", "user_id"))


def image_body(row: Row, *, name: str, disk_format: str, inherited: Mapping[str, str], metadata: Mapping[str, str],
               min_ram: int, image_type: str = "snapshot", backup_type: str | None = None) -> dict[str, Any]:
    """Return the attributes of a server's image as a client would ask for them; raises BadRequest.

    inherited are the properties of the image that the server was made from. metadata may give the image a type of its
    own; what ties the image to its server is not the client's to say.
    """
    kept = {key: value for key, value in inherited.items() if key not in _NOT_INHERITED}
    kept["image_type"] = image_type
    own = {"instance_uuid": row["id"], "user_id": row["user_id"]}
    for key, value in (("base_image_ref", row["image_id"]), ("backup_type", backup_type),
                       ("kernel_id", row["kernel_id"]), ("ramdisk_id", row["ramdisk_id"])):
        if value:
            own[key] = value
    attributes = {"name": name, "disk_format": disk_format, "container_format": "bare", "visibility": "private",
                  "min_disk": row["flavor"]["root_gib"], "min_ram": min_ram}
    taken = sorted(metadata.keys() & (attributes.keys() | own.keys()))
    if taken:
        raise errors.BadRequest(f"Metadata of an image cannot set {', '.join(taken)}.")
    return kept | dict(metadata) | own | attributes
