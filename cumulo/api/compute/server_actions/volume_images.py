"""createImage of a server that boots from a volume: snapshots of all its volumes, and an image that names them.

The image has no data of its own: a server that is made of it gets volumes of the snapshots (block_device_mapping).
"""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import block_devices
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.flows import conflicts
from cumulo.common.operations import store
from cumulo.compute import servers, snapshots
from cumulo.image import attributes, images
from cumulo.volume import attachments, types, volumes
from cumulo.volume import snapshots as volume_snapshots

Row = Mapping[str, Any]


def save(request: Request, connection: sa.Connection, now: float, row: servers.Row, image_id: str, *, name: str,
         metadata: Mapping[str, str]) -> None:
    """Begin to make the snapshots, and make the image; raises Conflict for a busy server, BadRequest where one cannot be made."""
    services = request.services
    servers.check_lock(row, common.may_override_lock(request))
    store.meet(connection, "server", row["id"], conflicts.ACT)
    servers.check_status(row, "createImage", snapshots.ALLOWED, needs_host=True)
    services.tokens.hold(connection, row["project_id"])
    devices = [_snapshot(request, connection, now, each, name) for each in attachments.of_server(connection, row["id"])]
    body = snapshots.image_body(
        row, name=name, disk_format=services.conf.servers.snapshot_format, inherited=row["image_properties"] or {},
        metadata=metadata, min_ram=0)
    body |= {block_devices.PROPERTY: json.dumps(devices), "bdm_v2": "True", "root_device_name": "/dev/vda", "min_disk": 0}
    conf = services.conf.image
    new = attributes.new_image(body, attributes.Bounds(properties=conf.max_properties, tags=conf.max_tags))
    images.create_image(connection, now, image_id, row["project_id"], new)
    images.be_without_data(connection, now, image_id)


def _snapshot(request: Request, connection: sa.Connection, now: float, row: Row, name: str) -> dict[str, Any]:
    """Begin to make a snapshot of one volume, and return the device that the image names."""
    services = request.services
    of = volumes.get_volume(connection, row["volume_id"], lock=True)
    type_names = types.names_of(connection, [of["type_id"]]) if of["type_id"] else {}
    columns = {"name": f"snapshot for {name}"[:255], "description": None, "metadata": {}}
    try:
        made = volume_snapshots.request_create(
            connection, services.ids, now, conf=services.conf, context=request.context, of=of,
            type_name=type_names.get(of["type_id"]), in_use=True, columns=columns)
    except errors.TooLarge as failure:
        raise errors.QuotaExceeded(failure.message) from failure
    return {"source_type": "snapshot", "destination_type": "volume", "snapshot_id": made["id"], "volume_size": of["size_gib"],
            "boot_index": row["boot_index"], "device_name": row["device"], "disk_bus": row["disk_bus"], "device_type": "disk",
            "delete_on_termination": row["delete_on_termination"], "tag": row["tag"], "guest_format": None, "image_id": None,
            "volume_id": None, "no_device": None}
