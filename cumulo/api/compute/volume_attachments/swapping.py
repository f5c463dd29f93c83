"""PUT with another volume: it takes the place of the one that a running server has."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import servers, states
from cumulo.volume import attachments, backends, qos, swaps, volumes

ALLOWED = (states.ACTIVE, states.PAUSED)
RULE = "compute:volume_attachments:swap"


def swap(request: Request, connection: sa.Connection, row: servers.Row, found: attachments.Row, volume_id: str,
         *, goes: bool | None) -> None:
    """Begin to swap a server's volume for another one; the caller holds the server. goes: whether that goes with the server."""
    request.authorize(RULE)
    services = request.services
    old, new = _held(connection, row, found["volume_id"], volume_id)
    servers.check_lock(row, common.may_override_lock(request))
    servers.check_status(row, "swap_volume", ALLOWED, needs_host=True)
    if found["status"] != attachments.ATTACHED:
        raise errors.BadRequest(f"Invalid volume: Volume {old['id']} is {found['status']}: it must be attached to be swapped.")
    swaps.check(connection, old, new, row["host"])
    now = services.database.now(connection)
    made = attachments.attach(connection, services.ids, now, new, attachments.ATTACHING, server_id=row["id"], managed=True,
                              host=row["host"], device=found["device"])
    state: dict[str, Any] = {
        "volume_id": new["id"], "attachment_id": made["id"], "device": found["device"], "backend": new["backend"],
        "volume_host": backends.host_of(new["backend"]), "read_only": False, "old_volume_id": old["id"],
        "old_attachment_id": found["id"], "old_backend": old["backend"], "delete_on_termination": goes}
    if new["size_gib"] > old["size_gib"]:
        state["grows_to"] = new["size_gib"]
    limits = qos.limits_of(connection, [new["id"]])
    servers.request_change(
        connection, services.ids, now, context=request.context, row=row, may_override_lock=common.may_override_lock(request),
        change=servers.Change("swap_volume", "swap_volume", ALLOWED, state | ({"limits": limits[new["id"]]} if limits else {})))
    attachments.update(connection, now, found["id"], status=attachments.DETACHING)


def _held(connection: sa.Connection, row: servers.Row, old_id: str, new_id: str) -> tuple[volumes.Row, volumes.Row]:
    """Hold both volumes, always in the same order; raises BadRequest for another one that is not of the server's project."""
    held: dict[str, volumes.Row] = {}
    for each in sorted({old_id, new_id}):
        try:
            held[each] = volumes.get_volume(connection, each, project_id=row["project_id"], lock=True)
        except errors.NotFound as missing:
            raise errors.BadRequest(missing.message) from missing
    return held[old_id], held[new_id]
