"""Moves of volumes to other backends: who may be moved, and what their operations begin with.

A volume that nothing uses is copied by the agents, in an operation of its own. One that a server has moves in an operation of
that server. Snapshots stay on their backend, so a volume that has some stays with them.
"""

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume_backend
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.volume import backends, qos, states, volumes

FLOWS = ("migrate_volume", "retype_volume")
USED = "move_volume"
"""The flow of a server that moves one of its volumes."""
Row = Mapping[str, Any]
FOREVER_S = 10 * 365 * 24 * 3600.0
_NAMESPACE = uuid.UUID("0d0f9a4e-64c5-4a5c-8f3d-0b7f3c1f6f52")


def check_target(connection: sa.Connection, row: Row, backend: str) -> None:
    """Raise BadRequest for a backend that is not there, or has the volume."""
    if connection.execute(sa.select(volume_backend.c.id).where(volume_backend.c.name == backend)).first() is None:
        raise errors.BadRequest(f"Invalid host: No backend {backend[:255]} is known.")
    if row["backend"] == backend:
        raise errors.BadRequest(f"Invalid host: Volume {row['id']} is on {backend} already.")
    if backend in left_on(connection, row["id"]):
        raise errors.BadRequest(f"Invalid host: What volume {row['id']} left on {backend} is not removed yet.")


def request_migrate(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, backend: str) -> None:
    """Begin to move a volume to a backend that check_target let pass; raises BadRequest for its state."""
    _require_movable(connection, row)
    _begin(connection, ids, now, context, row, "migrate_volume", to_backend=backend)


def request_retype(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, type_id: str) -> None:
    """Begin to move a volume to a backend that fits a type, which it has then; raises BadRequest for its state."""
    _require_movable(connection, row)
    _begin(connection, ids, now, context, row, "retype_volume", type_id=type_id)


def _require_movable(connection: sa.Connection, row: Row) -> None:
    volumes.require(row, "move it to another backend")
    volumes.refuse_attached(connection, row["id"], "move it")
    _refuse_dependants(connection, row)


def use_of(connection: sa.Connection, row: Row) -> Row:
    """Return the attachment of the one server that has a volume; raises BadRequest where it cannot move under that."""
    volumes.require(row, "move it under its server", (states.IN_USE,))
    volumes.refuse_encrypted(row, "move it while it is attached: a guest copies what it reads. Detach it first")
    found = volumes.attachments_of(connection, [row["id"]])[row["id"]]
    if len(found) != 1 or row["multiattach"] or not found[0]["managed"]:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is used, or may be, by others than one server of this cloud, "
                                "and only a guest that has it alone can go over to a copy: detach it to move it.")
    running = store.active(connection, row["id"])
    if running is not None:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is busy: {running['action']} is in progress.")
    _refuse_dependants(connection, row)
    return found[0]


def mark_used(connection: sa.Connection, now: float, row: Row) -> None:
    """Say of a volume that it is going to move; whither, its operation finds out."""
    volumes.update_volume(connection, now, row["id"], migration_status=states.STARTING)


def state_of_used(connection: sa.Connection, row: Row, used: Row) -> dict[str, Any]:
    """Return what the state of a server's operation says of its volume that moves; used: its attachment."""
    limits = qos.limits_of(connection, [row["id"]])
    return {"volume_id": row["id"], "old_volume_id": row["id"], "attachment_id": used["id"], "device": used["device"],
            "read_only": used["mode"] == "ro", "backend": row["backend"], "size_gib": row["size_gib"],
            **({"limits": limits[row["id"]]} if limits else {})}


def _refuse_dependants(connection: sa.Connection, row: Row) -> None:
    snapshots = volumes.snapshots_of(connection, row["id"])
    if snapshots:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} has snapshots, which stay where they are: "
                                f"{', '.join(snapshots[:volumes.NAMED])}.")
    volumes.refuse_while_copied(connection, row, [])
    volumes.refuse_while_backed_up(connection, row)


def _begin(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, flow: str, **wanted: Any) -> None:
    volumes.begin(connection, ids, now, context, row, flow, flow.removesuffix("_volume"), {
        **volumes.place(row), "size_gib": row["size_gib"], **wanted})


def begin_clearing(connection: sa.Connection, ids: Ids, now: float, context: Context, left: Mapping[str, Any]) -> None:
    """Create the operation that removes what a volume has left behind; left: the state of its move.

    It holds what is left there and not the volume, and waits for that host for as long as it takes.
    """
    backend, volume_id = left["backend"], left["volume_id"]
    store.create(connection, ids, now, flow="clear_volume", resource_type="leftover", resource_id=leftover_id(volume_id, backend),
                 state={"volume_id": volume_id, "host": backends.host_of(backend), "backend": backend, "snapshots": []},
                 context=context, action="clear", deadline_s=FOREVER_S)


def leftover_id(volume_id: str, backend: str) -> str:
    """Return the id of what a volume has left on a backend."""
    return str(uuid.uuid5(_NAMESPACE, f"{backend} {volume_id}"))


def left_on(connection: sa.Connection, volume_id: str) -> tuple[str, ...]:
    """Return the backends that have something left of a volume, which cannot go back there before that is removed."""
    names = connection.execute(sa.select(volume_backend.c.name).order_by(volume_backend.c.name)).scalars().all()
    under_way = store.active_of(connection, [leftover_id(volume_id, each) for each in names])
    return tuple(each for each in names if leftover_id(volume_id, each) in under_way)
