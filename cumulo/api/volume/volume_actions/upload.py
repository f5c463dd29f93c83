"""os-volume_upload_image: the image is there at once and waits for the volume's data.

    3.1 visibility and protected
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Reply, Request
from cumulo.image import attributes, images
from cumulo.volume import types, volumes

FORMATS = ("raw", "qcow2", "vmdk", "vdi")
_OWN = frozenset(("image_id", "image_name", "container_format", "disk_format", "checksum", "min_disk", "min_ram", "size",
                  "signature_verified"))
"""What a volume keeps of its image that is not true of the image it becomes."""


def upload(request: Request, connection: sa.Connection, row: volumes.Row, asked: dict[str, Any]) -> Reply:
    """Begin to make an image of a volume that the caller holds."""
    services = request.services
    services.tokens.hold(connection, row["project_id"])
    now, image_id = services.database.now(connection), services.ids.new_id()
    disk_format = asked.get("disk_format", "raw")
    volumes.request_upload(connection, services.ids, now, context=request.context, row=row, image_id=image_id,
                           disk_format=disk_format, in_use=flag(str(asked.get("force", False)), "force"))
    conf = services.conf.image
    new = attributes.new_image(_body(request, row, asked, disk_format),
                               attributes.Bounds(properties=conf.max_properties, tags=conf.max_tags))
    images.create_image(connection, now, image_id, row["project_id"], new)
    type_row = types.get_type(connection, row["type_id"], None) if row["type_id"] else None
    shown = {"id": row["id"], "updated_at": times.iso_micro(row["updated_at"]), "status": "uploading",
             "display_description": row["description"], "size": row["size_gib"], "image_id": image_id,
             "volume_type": {"id": type_row["id"], "name": type_row["name"]} if type_row else None,
             "container_format": "bare", "disk_format": disk_format, "image_name": asked["image_name"]}
    if request.is_at_least("3.1"):
        shown |= {"visibility": new["visibility"], "protected": new["protected"]}
    return Reply({"os-volume_upload_image": shown}, status=202)


def _body(request: Request, row: volumes.Row, asked: dict[str, Any], disk_format: str) -> dict[str, Any]:
    kept = {key: value for key, value in (row["image_metadata"] or {}).items() if key not in _OWN}
    body = kept | {"name": asked["image_name"], "disk_format": disk_format, "container_format": "bare",
                   "min_disk": row["size_gib"]}
    if request.is_at_least("3.1"):
        body |= {"visibility": asked.get("visibility", "private"), "protected": flag(str(asked.get("protected", False)), "protected")}
    return body
