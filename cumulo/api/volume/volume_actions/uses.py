"""Attachments as older clients name them: something says of itself that it uses a volume, or does no more.

These are for users that are no servers of this cloud. What a server uses is attached and detached through the compute
API; what an operation of it made is refused here (409).
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import attachments, states, volumes


def reserve(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Keep a volume for a use to come."""
    attachments.attach(connection, request.services.ids, _now(request, connection), row, attachments.ATTACHING)


def unreserve(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Give it up."""
    for each in _own(connection, row, attachments.ATTACHING, attachments.RESERVED):
        attachments.part(connection, _now(request, connection), each["id"])


def attach(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Say that something uses a volume, which may have been kept for it."""
    if bool(asked.get("instance_uuid")) == bool(asked.get("host_name")):
        raise errors.BadRequest("Invalid request to attach volume to an invalid target: name a server or a host.")
    now = _now(request, connection)
    wanted = {"server_id": asked.get("instance_uuid"), "host": asked.get("host_name"), "device": asked["mountpoint"],
              "attached_at": now}
    if asked.get("mode") == "rw" and row["read_only"]:
        raise errors.BadRequest("Invalid volume: It is read-only, and cannot be attached for writing.")
    if row["shown_status"] == states.ATTACHING:
        kept = _own(connection, row, attachments.ATTACHING)[0]
        attachments.update(connection, now, kept["id"], status=attachments.ATTACHED, **wanted)
    else:
        attachments.attach(connection, request.services.ids, now, row, attachments.ATTACHED, **wanted)


def detach(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Say that it uses it no more; where nothing does, there is nothing to be said."""
    wanted = (asked or {}).get("attachment_id")
    if row["shown_status"] == states.AVAILABLE and not volumes.attachments_of(connection, [row["id"]])[row["id"]]:
        return
    there = volumes.attachments_of(connection, [row["id"]])[row["id"]]
    if wanted is not None and wanted not in [each["id"] for each in there]:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} has no attachment {wanted}.")
    found = _own(connection, row, attachments.ATTACHED, attachments.DETACHING)
    for each in found:
        if wanted in (None, each["id"]):
            attachments.part(connection, _now(request, connection), each["id"])


def begin_detaching(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Say that it is about to use it no more."""
    for each in _own(connection, row, attachments.ATTACHED):
        attachments.update(connection, _now(request, connection), each["id"], status=attachments.DETACHING)


def roll_detaching(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Take that back."""
    for each in _own(connection, row, attachments.DETACHING):
        attachments.update(connection, _now(request, connection), each["id"], status=attachments.ATTACHED)


def force_detach(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Say that nothing of the kind uses it, whatever was said before."""
    wanted = (asked or {}).get("attachment_id")
    if row["status"] == states.ERROR and row["backend"]:  # somebody wrote that; who uses it says more
        volumes.update_volume(connection, _now(request, connection), row["id"], status=states.AVAILABLE)
    for each in _own(connection, row):
        if wanted in (None, each["id"]):
            attachments.part(connection, _now(request, connection), each["id"])


def _own(connection: sa.Connection, row: volumes.Row, *statuses: str) -> list[volumes.Row]:
    """The attachments in one of these states; Conflict where an operation of a server made one, BadRequest for none."""
    found = [each for each in volumes.attachments_of(connection, [row["id"]])[row["id"]]
             if not statuses or each["status"] in statuses]
    for each in found:
        attachments.refuse_managed(each)
    if not found:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is {row['shown_status']}, which does not allow that.")
    return found


def _now(request: Request, connection: sa.Connection) -> float:
    return request.services.database.now(connection)
