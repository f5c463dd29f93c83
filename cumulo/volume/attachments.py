"""Attachments: who uses a volume. A volume's status follows from them, in the transaction that changes one.

    reserved    somebody has kept the volume for a use to come
    attaching   an operation of its server brings it there
    attached    it is there
    detaching   an operation of its server takes it from there

Those of servers are made and ended by operations (managed), and nobody else changes them: a volume must not be free
while a guest may write to it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import server
from cumulo.common.db.tables.volume import volume, volume_attachment, volume_backend
from cumulo.common.db.words import is_one_of
from cumulo.common.ids import Ids
from cumulo.volume import states, volumes

Row = Mapping[str, Any]
RESERVED, ATTACHING, ATTACHED, DETACHING = "reserved", "attaching", "attached", "detaching"
_OF_VOLUME = {DETACHING: states.DETACHING, ATTACHING: states.ATTACHING, ATTACHED: states.IN_USE, RESERVED: states.RESERVED}
"""What a volume is that has such an attachment, the first of these that it has: what is under way hides what has been reached."""
FOLLOWS = (states.AVAILABLE, *_OF_VOLUME.values())
# Statements of every flow, built once: that costs more than running them.
_OF_SERVERS = sa.select(
    volume_attachment, volume.c.backend, volume.c.size_gib, volume.c.read_only, volume.c.status.label("volume_status")).join(
        volume, volume.c.id == volume_attachment.c.volume_id).where(
            volume_attachment.c.server_id.in_(sa.bindparam("servers", expanding=True)),
            volume_attachment.c.managed.is_(True)).order_by(volume_attachment.c.device, volume_attachment.c.id)
_STATUSES = sa.select(volume_attachment.c.status).where(volume_attachment.c.volume_id == sa.bindparam("its_volume"))
_FOLLOW = sa.update(volume).where(
    volume.c.id == sa.bindparam("its_volume"), is_one_of(volume.c.status, FOLLOWS), volume.c.status != sa.bindparam("its_status"))


def not_found(attachment_id: str) -> errors.NotFound:
    """The error for an attachment that is not there, or not there for the caller."""
    return errors.NotFound(f"Volume attachment {attachment_id} could not be found.")


def get_attachment(connection: sa.Connection, attachment_id: str, *, project_id: str | None = None, lock: bool = False) -> Row:
    """Return an attachment with the project of its volume; raises NotFound, also for another project's.

    project_id None: of whatever project. lock holds the row of its volume until the transaction ends.
    """
    mine = [volume_attachment.c.id == attachment_id]
    mine += [volume.c.project_id == project_id] if project_id is not None else []
    joined = volume_attachment.join(volume, volume.c.id == volume_attachment.c.volume_id)
    if lock:
        of = sa.select(volume.c.id).select_from(joined).where(*mine).scalar_subquery()
        connection.execute(sa.select(volume.c.id).where(volume.c.id == of).with_for_update()).first()
    query = sa.select(volume_attachment, volume.c.project_id).select_from(joined).where(*mine)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise not_found(attachment_id)
    return row


def of_server(connection: sa.Connection, server_id: str) -> list[Row]:
    """Return the attachments of a server, each with its volume's backend and size, by device."""
    return of_servers(connection, [server_id])[server_id]


def of_servers(connection: sa.Connection, server_ids: Sequence[str]) -> dict[str, list[Row]]:
    """Return the attachments of several servers: one query for a list page."""
    found: dict[str, list[Row]] = {server_id: [] for server_id in server_ids}
    if not server_ids:
        return found
    for row in connection.execute(_OF_SERVERS, {"servers": server_ids}).mappings():
        found[row["server_id"]].append(row)
    return found


def needed(connection: sa.Connection, host: str, without: str | None = None) -> dict[str, dict[str, bool]]:
    """Return the volumes on a host that somebody uses or is about to: by id, on which backends (host@name), and whether they
    are in use there, over the network.

    A volume that moves is needed where it goes, too, and one that a user is being connected with before that user has said where
    it is. without: as if this attachment were not there.
    """
    found: dict[str, dict[str, bool]] = {}
    query = sa.select(volume_attachment.c.id, volume_attachment.c.volume_id, volume_attachment.c.status,
                      volume_attachment.c.connection, volume.c.backend, volume_backend.c.name).select_from(volume_attachment.join(
                          volume, volume.c.id == volume_attachment.c.volume_id).join(volume_backend, sa.or_(
                              volume_backend.c.name == volume.c.backend, volume_backend.c.name == volume.c.moving_to))).where(
                                  volume_backend.c.host == host,
                                  sa.or_(volume_attachment.c.managed.is_(True), volume_attachment.c.status != RESERVED))
    for row in connection.execute(query):
        if row.id != without:
            is_used = row.name == row.backend and row.status == ATTACHED and is_served(row.connection)
            known = found.setdefault(row.volume_id, {})
            known[row.name] = known.get(row.name, False) or is_used
    return found


def users(connection: sa.Connection, volume_id: str) -> list[dict[str, Any]]:
    """Return who uses a volume, or is about to: {"server_id", "host"} of each, null where there is none."""
    found = volumes.attachments_of(connection, [volume_id])[volume_id]
    hosts = dict(connection.execute(sa.select(server.c.id, server.c.host).where(
        server.c.id.in_([each["server_id"] for each in found if each["managed"]]))).all())
    return [{"server_id": each["server_id"], "host": each["host"] or hosts.get(each["server_id"])} for each in found]


def is_served(connection: Mapping[str, Any] | None) -> bool:
    """Say whether a volume with such a connection is one that its agent serves."""
    return connection is not None and connection.get("kind") not in ("file", "rbd")


def bound_hosts(connection: sa.Connection, server_id: str) -> list[str]:
    """Return the hosts on which a server's volumes are that no other host can reach."""
    names = sorted({each["backend"] for each in of_server(connection, server_id) if each["backend"]})
    return sorted({host for name in names if (host := bound_host(connection, name)) is not None})


def bound_host(connection: sa.Connection, backend: str) -> str | None:
    """Return the one host that reaches the volumes of a backend; None where every host does."""
    row = connection.execute(sa.select(volume_backend.c.host, volume_backend.c.capabilities).where(
        volume_backend.c.name == backend)).first()
    return row.host if row is not None and row.capabilities.get("host_bound") else None


def attach(connection: sa.Connection, ids: Ids, now: float, of: Row, status: str, *, is_new: bool = False, **columns: Any) -> Row:
    """Note an attachment of a volume that the caller holds, and return it. is_new: it is being made for this.

    Raises BadRequest for one that is in use, unless several may use it, or that is in no state to be used.
    """
    there = volumes.attachments_of(connection, [of["id"]])[of["id"]]
    allowed = FOLLOWS if of["multiattach"] else (states.AVAILABLE,)
    if not is_new:
        volumes.require(of, "attach it", allowed)
    server_id = columns.get("server_id")
    if server_id is not None and any(each["server_id"] == server_id for each in there):
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} is attached to server {server_id} already.")
    row = {"id": ids.new_id(), "volume_id": of["id"], "status": status, "mode": "ro" if of["read_only"] else "rw",
           "delete_on_termination": False, "managed": False, "created_at": now, "updated_at": now, **columns}
    connection.execute(sa.insert(volume_attachment).values(row))
    follow(connection, now, of["id"])
    return row


def update(connection: sa.Connection, now: float, attachment_id: str, /, **values: Any) -> None:
    """Change an attachment and have its volume follow; without effect on one that is gone."""
    is_it = volume_attachment.c.id == attachment_id
    volume_id = connection.execute(sa.select(volume_attachment.c.volume_id).where(is_it)).scalar()
    if volume_id is not None:
        connection.execute(sa.update(volume_attachment).where(is_it).values(updated_at=now, **values))
        follow(connection, now, volume_id)


def part(connection: sa.Connection, now: float, attachment_id: str) -> None:
    """Forget an attachment and have its volume follow; idempotent."""
    is_it = volume_attachment.c.id == attachment_id
    volume_id = connection.execute(sa.select(volume_attachment.c.volume_id).where(is_it)).scalar()
    if volume_id is not None:
        connection.execute(sa.select(volume.c.id).where(volume.c.id == volume_id).with_for_update()).first()
        connection.execute(sa.delete(volume_attachment).where(is_it))
        follow(connection, now, volume_id)


def follow(connection: sa.Connection, now: float, volume_id: str) -> None:
    """Have a volume's status say what its attachments are, unless it says something else of itself."""
    found = set(connection.execute(_STATUSES, {"its_volume": volume_id}).scalars())
    status = status_of(found)
    connection.execute(_FOLLOW, {"its_volume": volume_id, "its_status": status, "status": status, "updated_at": now})


def status_of(found: Collection[str]) -> str:
    """Return what a volume is whose attachments have these states."""
    return next((of_volume for each, of_volume in _OF_VOLUME.items() if each in found), states.AVAILABLE)


def require(row: Row, what: str, *allowed: str) -> None:
    """Raise BadRequest unless an attachment is in one of these states."""
    if row["status"] not in allowed:
        raise errors.BadRequest(f"Invalid volume: Attachment {row['id']} must be {' or '.join(allowed)} to {what}, "
                                f"and is {row['status']}.")


def part_unmanaged(connection: sa.Connection, now: float, volume_id: str) -> None:
    """Forget whoever uses a volume and is no server of this cloud; raises Conflict where one is."""
    for row in volumes.attachments_of(connection, [volume_id])[volume_id]:
        refuse_managed(row)
        part(connection, now, row["id"])


def refuse_managed(row: Row) -> None:
    """Raise Conflict for an attachment that an operation of a server made: ending it is the server's business."""
    if row["managed"]:
        raise errors.Conflict(f"Attachment {row['id']} is in use by server {row['server_id']}: detach the volume from the "
                              "server through the compute API.")
