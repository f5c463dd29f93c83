"""rescue: a server boots from another disk, so that its own can be mended."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import choices
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.compute import servers, states

ALLOWED = (states.ACTIVE, states.SHUTOFF)


def rescue(request: Request, arguments: Mapping[str, Any] | None) -> Reply:
    """Begin to rescue a server: from the image that is named, or from its own."""
    asked = arguments or {}
    services = request.services
    password = asked.get("adminPass") or services.ids.password(12)
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        state = {"begins": row["status"]}
        if asked.get("rescue_image_ref"):
            state["boot_image"] = _image(request, connection, row, asked["rescue_image_ref"])
        change = servers.Change("rescue", "rescue_server", ALLOWED, state)
        now = services.database.now(connection)
        servers.request_change(connection, services.ids, now, context=request.context, row=row, change=change,
                               may_override_lock=common.may_override_lock(request))
        servers.update_server(connection, now, row["id"], admin_password=password)
    common.ring_scheduler(request)
    return Reply({"adminPass": password}, status=200)


def _image(request: Request, connection: sa.Connection, row: servers.Row, reference: str) -> str:
    image = choices.find_image(request, connection, reference, row["flavor"])
    if image["properties"].get("kernel_id"):
        raise errors.BadRequest("An image that needs a kernel of its own cannot rescue a server.")
    return str(image["id"])
