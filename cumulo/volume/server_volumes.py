"""The volumes of a server on its way to a host: a build, or a move, tells them in its operation's state.

Each entry of "volumes" is what the guest's host is told of a volume, with where the volume is, and with how its host opened
it before (before) and is to open it now (connection, None until the volume's own agent has said it).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import server
from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume, volume_attachment
from cumulo.common.ids import Ids
from cumulo.common.operations.step import State
from cumulo.volume import attachments, backends, states, volumes

Row = Mapping[str, Any]
ROOT = 0
"""The boot index of what a server boots from."""
# Statements of every flow, built once: that costs more than running them.
_IS_USE = sa.and_(volume_attachment.c.volume_id == sa.bindparam("its_volume"), volume_attachment.c.managed.is_(True))
_USERS = sa.select(volume_attachment.c.server_id).where(_IS_USE).order_by(volume_attachment.c.id)
_HOST_OF_USER = sa.select(server.c.host).join(
    volume_attachment, volume_attachment.c.server_id == server.c.id).where(_IS_USE).limit(1)


def entries(connection: sa.Connection, server_id: str) -> list[State]:
    """Return what an operation's state says of a server's volumes that are on a backend."""
    return [entry(each) for each in attachments.of_server(connection, server_id) if each["backend"]]


def growths(connection: sa.Connection, server_id: str) -> list[Row]:
    """Return the operations that grew the disks of a server's volumes while it had them, as if they were its own."""
    its_volumes = sa.select(volume_attachment.c.volume_id).where(volume_attachment.c.server_id == server_id)
    query = sa.select(operation).where(operation.c.flow == "extend_volume", operation.c.resource_id.in_(its_volumes))
    return [dict(row) | {"action": "extend_volume", "resource_id": server_id}
            for row in connection.execute(query).mappings() if row["state"].get("server_id") == server_id]


def entry(row: Row) -> State:
    """Return what an operation's state says of one volume of a server, by its attachment."""
    return {"attachment_id": row["id"], "volume_id": row["volume_id"], "device": row["device"], "tag": row["tag"],
            "read_only": row["mode"] == "ro", "boot_index": row["boot_index"], "disk_bus": row["disk_bus"],
            "size_gib": row["size_gib"], "backend": row["backend"], "volume_host": backends.host_of(row["backend"]),
            "before": row["connection"], "before_host": row["host"], "connection": None}


def opened(running: Row | None) -> dict[str, Any]:
    """Return how the host that an operation brings a server to opens its volumes, by their ids; nothing while it is undone."""
    if running is None or running["phase"] != "doing" or running["cancel"]:
        return {}
    return {each["volume_id"]: each["connection"] for each in running["state"].get("volumes") or () if each["connection"]}


def settle(connection: sa.Connection, now: float, state: State, host: str) -> None:
    """Write down that a server has its volumes on a host, and how they are opened there."""
    for each in state.get("volumes") or ():
        attachments.update(
            connection, now, each["attachment_id"], status=attachments.ATTACHED, host=host, connection=each["connection"],
            attached_at=sa.func.coalesce(volume_attachment.c.attached_at, now))


def leave(connection: sa.Connection, now: float, server_id: str) -> None:
    """Write down that a server is on no host: it keeps its volumes, and nothing opens them."""
    connection.execute(sa.update(volume_attachment).where(
        volume_attachment.c.server_id == server_id, volume_attachment.c.managed.is_(True)).values(
            host=None, connection=None, updated_at=now))


def follow(connection: sa.Connection, now: float, state: State, host: str) -> None:
    """Have the attachments say where a server that moves is: opened as before where it came from, else as is known by now."""
    for each in state.get("volumes") or ():
        attachments.update(connection, now, each["attachment_id"], host=host,
                           connection=each["before"] if host == each["before_host"] else each["connection"])


def begin_new(connection: sa.Connection, ids: Ids, now: float, state: State) -> None:
    """Begin to make the volumes that a server is built with, those that nobody makes yet; idempotent."""
    asked_by = Context.from_dict(state["asked_by"])
    for wish in state["new_volumes"]:
        row = connection.execute(sa.select(volume).where(volume.c.id == wish["volume_id"])).mappings().first()
        if row is not None and row["status"] == states.CREATING:
            volumes.begin_create(connection, ids, now, asked_by, row, wish["source"])


def await_new(connection: sa.Connection, server_id: str) -> None:
    """Raise Retry while volumes of a server are being made, and Conflict where one could not be."""
    is_its = (volume_attachment.c.server_id == server_id, volume_attachment.c.managed.is_(True))
    query = sa.select(volume.c.id, volume.c.status, volume.c.fault).join(
        volume_attachment, volume_attachment.c.volume_id == volume.c.id).where(*is_its).order_by(volume.c.id)
    rows = connection.execute(query).all()
    for row in rows:
        if row.status == states.ERROR:
            raise errors.Conflict(f"volume {row.id} could not be made: {row.fault or 'for an unknown reason'}")
    if any(row.status == states.CREATING for row in rows):
        raise errors.Retry("its volumes are being made")


def root_of(connection: sa.Connection, server_id: str) -> Row | None:
    """Return the attachment of the volume that a server boots from, if it does from one."""
    return next((each for each in attachments.of_server(connection, server_id) if each["boot_index"] == ROOT), None)


def begin_reimage(connection: sa.Connection, ids: Ids, now: float, state: State) -> str:
    """Begin to give the volume that a server boots from what an image holds, and return the operation's id.

    Raises Retry while something else is done to the volume.
    """
    row = volumes.get_volume(connection, state["volumes"][0]["volume_id"], lock=True)
    try:
        return volumes.begin_reimage(connection, ids, now, context=Context.from_dict(state["asked_by"]), row=row,
                                     **state["image"])
    except (errors.BadRequest, errors.Conflict) as failure:
        raise errors.Retry(failure.message) from failure


def await_reimage(connection: sa.Connection, operation_id: str) -> None:
    """Raise Retry while a volume is given an image, and Conflict where that came to nothing."""
    row = connection.execute(sa.select(operation.c.phase, operation.c.error).where(operation.c.id == operation_id)).one()
    if row.phase in ("doing", "undoing"):
        raise errors.Retry("its volume is being given an image")
    if row.phase != "done":
        raise errors.Conflict(f"its volume could not be given the image: {row.error or 'for an unknown reason'}")


def users_of(connection: sa.Connection, volume_id: str) -> Sequence[str]:
    """Return the servers that have a volume, or are to have it."""
    return connection.execute(_USERS, {"its_volume": volume_id}).scalars().all()


def host_of_user(connection: sa.Connection, volume_id: str) -> str | None:
    """Return the host of the server that a volume is being made for, if it is made for one."""
    return connection.execute(_HOST_OF_USER, {"its_volume": volume_id}).scalar()


def let_go(connection: sa.Connection, ids: Ids, now: float, context: Context, state: State) -> None:
    """Take all volumes from a server that came to nothing, and delete those that were made for it."""
    made = {each["volume_id"] for each in state.get("new_volumes") or ()}
    for row in attachments.of_server(connection, state["server_id"]):
        attachments.part(connection, now, row["id"])
        if row["volume_id"] in made:
            volumes.end(connection, ids, now, context, volumes.get_volume(connection, row["volume_id"], lock=True))
