"""rescue: a server boots from another disk, so that its own can be mended."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import choices
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.compute import hardware, servers, states
from cumulo.volume import attachments, volumes

ALLOWED = (states.ACTIVE, states.SHUTOFF)


def rescue(request: Request, arguments: Mapping[str, Any] | None) -> Reply:
    """Begin to rescue a server: from the image that is named, or from its own."""
    asked = arguments or {}
    services = request.services
    password = asked.get("adminPass") or services.ids.password(12)
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        state = {"begins": row["status"]}
        if row["image_id"] is None and not request.is_at_least("2.87"):
            raise errors.BadRequest(f"Instance {row['id']} cannot be rescued: Cannot rescue a volume-backed instance")
        reference = asked.get("rescue_image_ref") or (_image_of_volume(connection, row) if row["image_id"] is None else None)
        if reference:
            state["boot_image"] = _image(request, connection, row, reference)
        elif hardware.rescue_disk(row["image_properties"]) is not None and row["kernel_id"]:
            raise errors.BadRequest("An image that needs a kernel of its own cannot rescue a server beside its disks.")
        change = servers.Change("rescue", "rescue_server", ALLOWED, state)
        now = services.database.now(connection)
        servers.request_change(connection, services.ids, now, context=request.context, row=row, change=change,
                               may_override_lock=common.may_override_lock(request))
        servers.update_server(connection, now, row["id"], admin_password=password)
    common.ring_scheduler(request)
    return Reply({"adminPass": password}, status=200)


def _image_of_volume(connection: sa.Connection, row: servers.Row) -> str:
    """The image that the volume was made of from which a server boots."""
    root = next((each for each in attachments.of_server(connection, row["id"]) if each["boot_index"] == 0), None)
    image_id = volumes.get_volume(connection, root["volume_id"])["image_id"] if root else None
    if not image_id:
        raise errors.BadRequest(f"Instance {row['id']} cannot be rescued: name the image to rescue it with.")
    return str(image_id)


def _image(request: Request, connection: sa.Connection, row: servers.Row, reference: str) -> str:
    image = choices.find_image(request, connection, reference, row["flavor"])
    if "block_device_mapping" in image["properties"]:
        raise errors.BadRequest("An image that names volumes cannot rescue a server.")
    hardware.rescue_disk(image["properties"])
    if image["properties"].get("kernel_id"):
        raise errors.BadRequest("An image that needs a kernel of its own cannot rescue a server.")
    return str(image["id"])
