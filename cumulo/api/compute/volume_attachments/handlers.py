"""The volumes of a server: list, show, attach, detach, and whether one goes with the server.

    2.20 also of a shelved server   2.49 tag when attaching   2.60 volumes of several servers   2.70 tag in answers   2.79 delete_on_termination   2.85 PUT changes that too, not only the volume
    2.89 attachment_id and bdm_uuid in place of id, but not in the answer to POST   2.101 POST answers 202 without a body
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.common import flag
from cumulo.api.compute.servers import disks
from cumulo.api.compute.volume_attachments import swapping
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.flows import conflicts
from cumulo.common.operations import store
from cumulo.compute import servers, states
from cumulo.volume import attachments, backends, qos, server_volumes, volumes

ALLOWED = (states.ACTIVE, states.PAUSED, states.SHUTOFF)
_SHELVED = (states.SHELVED, states.SHELVED_OFFLOADED)
SHOW, CHANGE = "compute:volume_attachments:show", "compute:volume_attachments:change"
Row = Mapping[str, Any]


def list_attachments(request: Request) -> dict[str, Any]:
    """List the volumes of a server."""
    limit, offset = paging.number(request, "limit"), paging.number(request, "offset") or 0
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, SHOW)
        found = attachments.of_server(connection, row["id"])
    return {"volumeAttachments": [_view(request, each) for each in found[offset:][:limit]]}


def show(request: Request) -> dict[str, Any]:
    """Show a volume of a server."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, SHOW)
        return {"volumeAttachment": _view(request, _attachment(request, connection, row))}


def attach(request: Request) -> Reply:
    """Begin to give a server a volume."""
    asked, services = request.body["volumeAttachment"], request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, CHANGE, lock=True)
        servers.check_lock(row, common.may_override_lock(request))
        servers.check_status(row, "attach_volume", _allowed(request), needs_host=row["status"] != states.SHELVED_OFFLOADED)
        of = _volume(request, connection, row, asked["volumeId"])
        disks.check_shared(request, of)
        bound = attachments.bound_host(connection, of["backend"]) if of["backend"] else None
        is_nowhere = row["status"] == states.SHELVED_OFFLOADED
        if not is_nowhere and bound not in (None, row["host"]):
            raise errors.BadRequest(f"Volume {of['id']} is on a host of its own that the server is not on: its backend keeps "
                                    "files of its host only.")
        now = services.database.now(connection)
        made = attachments.attach(
            connection, services.ids, now, of, attachments.ATTACHED if is_nowhere else attachments.ATTACHING,
            server_id=row["id"], managed=True, host=row["host"],
            device=_device(connection, row, asked.get("device")), tag=asked.get("tag"),
            delete_on_termination=flag(str(asked.get("delete_on_termination", False)), "delete_on_termination"))
        if is_nowhere:  # it finds the volume when it comes back: no host has anything to do
            store.meet(connection, "server", row["id"], conflicts.ACT)
        else:
            _begin(request, connection, now, row, "attach_volume", of, made)
    common.ring_scheduler(request)
    return Reply(status=202) if request.is_at_least("2.101") else Reply({"volumeAttachment": _made(request, made)}, status=200)


def detach(request: Request) -> None:
    """Begin to take a volume from a server."""
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, CHANGE, lock=True)
        found = _attachment(request, connection, row)
        if found["boot_index"] == server_volumes.ROOT:
            raise errors.BadRequest("Cannot detach a root device volume")
        if found["status"] != attachments.ATTACHED:
            raise errors.BadRequest(f"Invalid volume: Volume {found['volume_id']} is {found['status']}: it must be attached to be "
                                    "detached.")
        of = volumes.get_volume(connection, found["volume_id"], lock=True)
        now = services.database.now(connection)
        serves: str | None
        if row["status"] == states.SHELVED_OFFLOADED and request.is_at_least("2.20"):
            servers.check_lock(row, common.may_override_lock(request))
            store.meet(connection, "server", row["id"], conflicts.ACT)
            attachments.part(connection, now, found["id"])
            serves = f"volume.{backends.host_of(of['backend'])}"
        else:
            # Asked first: what is under way with the server names itself, whatever the attachment is meanwhile.
            _begin(request, connection, now, row, "detach_volume", of, found)
            attachments.update(connection, now, found["id"], status=attachments.DETACHING)
            serves = None
    if serves is None:
        common.ring_scheduler(request)
    else:
        request.ring(serves, "exports")  # nobody needs the volume's any more


def update(request: Request) -> None:
    """Change whether a volume goes with its server, or begin to swap it for another one: before 2.85 that alone."""
    asked, services = request.body["volumeAttachment"], request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, CHANGE, lock=True)
        found = _attachment(request, connection, row)
        goes = flag(str(asked["delete_on_termination"]), "delete_on_termination") if "delete_on_termination" in asked else None
        is_swap = asked["volumeId"] != found["volume_id"] or not request.is_at_least("2.85")
        if is_swap:
            swapping.swap(request, connection, row, found, asked["volumeId"], goes=goes)
        elif goes is not None:
            attachments.update(connection, services.database.now(connection), found["id"], delete_on_termination=goes)
    if is_swap:
        common.ring_scheduler(request)


def _allowed(request: Request) -> tuple[str, ...]:
    return (*ALLOWED, *_SHELVED) if request.is_at_least("2.20") else ALLOWED


def _begin(request: Request, connection: sa.Connection, now: float, row: servers.Row, flow: str, of: Row, found: Row) -> None:
    state = {"volume_id": of["id"], "attachment_id": found["id"], "device": found["device"], "backend": of["backend"],
             "volume_host": backends.host_of(of["backend"]), "read_only": found["mode"] == "ro"}
    limits = qos.limits_of(connection, [of["id"]])
    if limits:
        state["limits"] = limits[of["id"]]
    if flow == "detach_volume":
        state["connection"] = found["connection"]
    servers.request_change(connection, request.services.ids, now, context=request.context, row=row,
                           change=servers.Change(flow, flow, _allowed(request), state),
                           may_override_lock=common.may_override_lock(request))


def _volume(request: Request, connection: sa.Connection, row: servers.Row, volume_id: str) -> Row:
    """The volume that is asked for, held: one of the server's project, as whoever asks sees it."""
    own = None if request.may(common.ADMIN) else request.context.project_id or ""
    of = volumes.get_volume(connection, volume_id, project_id=own, lock=True)
    if of["project_id"] != row["project_id"]:
        raise volumes.not_found(volume_id)
    return of


def _attachment(request: Request, connection: sa.Connection, row: servers.Row) -> Row:
    volume_id = request.params["volume_id"]
    for each in attachments.of_server(connection, row["id"]):
        if each["volume_id"] == volume_id:
            return each
    raise errors.NotFound(f"Instance {row['id']} is not attached to volume {volume_id[:64]}")


def _device(connection: sa.Connection, row: servers.Row, wanted: str | None) -> str:
    """The name that the disk gets: the one that is asked for if it can have it, else the next one."""
    return disks.free_name(disks.own_names(row) | {each["device"] for each in attachments.of_server(connection, row["id"])}, wanted)


def _made(request: Request, row: Row) -> dict[str, Any]:
    shown = {"id": row["volume_id"], "volumeId": row["volume_id"], "serverId": row["server_id"], "device": row["device"]}
    if request.is_at_least("2.70"):
        shown["tag"] = row.get("tag")
    return shown | ({"delete_on_termination": row["delete_on_termination"]} if request.is_at_least("2.79") else {})


def _view(request: Request, row: Row) -> dict[str, Any]:
    shown = _made(request, row)
    if request.is_at_least("2.89"):
        del shown["id"]
        shown |= {"attachment_id": row["id"], "bdm_uuid": row["id"]}
    return shown
