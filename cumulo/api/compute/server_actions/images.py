"""createImage and createBackup: the image is there at once and waits for the server's disk."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.server_actions import volume_images
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.compute import quotas, servers, snapshots
from cumulo.image import attributes, images


def create_image(request: Request, arguments: Mapping[str, Any]) -> Reply:
    """Save a server as an image."""
    reply = _save(request, arguments, "createImage", {}, image_type="snapshot", backup_type=None)
    common.ring_scheduler(request)
    return reply


def create_backup(request: Request, arguments: Mapping[str, Any]) -> Reply:
    """Save a server as an image, and keep only so many of this kind."""
    rotation = int(arguments["rotation"])
    if rotation < 0:
        raise errors.BadRequest("rotation must be 0 or more.")
    state = {"backup_type": arguments["backup_type"], "rotation": rotation}
    reply = _save(request, arguments, "createBackup", state, image_type="backup", backup_type=arguments["backup_type"])
    common.ring_scheduler(request)
    return reply


def _save(request: Request, arguments: Mapping[str, Any], action: str, state: dict[str, Any], *, image_type: str,
          backup_type: str | None) -> Reply:
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        now = services.database.now(connection)
        metadata = arguments.get("metadata") or {}
        quotas.check_metadata(common.limits(request, connection), metadata)
        image_id = services.ids.new_id()
        if row["image_id"] is None:
            if backup_type is not None:
                raise errors.BadRequest(f"Backup is not supported for volume-backed instances: {row['id']} boots from a volume.")
            volume_images.save(request, connection, now, row, image_id, name=arguments["name"], metadata=metadata)
            return _made(request, image_id)
        begin = servers.Change(action, "create_image", snapshots.ALLOWED, {
            "image_id": image_id, "format": services.conf.servers.snapshot_format, **state})
        servers.request_change(connection, services.ids, now, context=request.context, row=row, change=begin,
                               may_override_lock=common.may_override_lock(request))
        insert(request, connection, now, row, image_id, name=arguments["name"], metadata=metadata,
               image_type=image_type, backup_type=backup_type)
    return _made(request, image_id)


def _made(request: Request, image_id: str) -> Reply:
    if request.is_at_least("2.45"):
        return Reply({"image_id": image_id})
    return Reply(headers={"Location": f"{request.services.conf.api.public_url}/image/v2/images/{image_id}"})


def insert(request: Request, connection: sa.Connection, now: float, row: servers.Row, image_id: str, *, name: str,
           metadata: Mapping[str, str], image_type: str = "snapshot", backup_type: str | None = None) -> None:
    """Make the image of a server's project that the server's disk will be uploaded to."""
    services = request.services
    services.tokens.hold(connection, row["project_id"])
    source = _source(connection, row)
    body = snapshots.image_body(
        row, name=name, disk_format=services.conf.servers.snapshot_format, inherited=source.get("properties", {}),
        metadata=metadata, min_ram=source.get("min_ram", 0), image_type=image_type, backup_type=backup_type)
    conf = services.conf.image
    new = attributes.new_image(body, attributes.Bounds(properties=conf.max_properties, tags=conf.max_tags))
    images.create_image(connection, now, image_id, row["project_id"], new)


def _source(connection: sa.Connection, row: servers.Row) -> dict[str, Any]:
    """The image that the server was made from, if it is still there."""
    try:
        return images.get_image(connection, row["image_id"]) if row["image_id"] else {}
    except errors.NotFound:
        return {}
