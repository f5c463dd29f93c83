"""Moves of volumes to other backends: who may be moved, and what their operations begin with.

A volume moves while nothing uses it. Snapshots stay on their backend, so a volume that has some stays with them.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume_backend
from cumulo.common.ids import Ids
from cumulo.volume import volumes

FLOWS = ("migrate_volume", "retype_volume")
Row = Mapping[str, Any]


def request_migrate(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, backend: str) -> None:
    """Begin to move a volume to a backend; raises BadRequest for one that is not there or has it, or for its state."""
    if connection.execute(sa.select(volume_backend.c.id).where(volume_backend.c.name == backend)).first() is None:
        raise errors.BadRequest(f"Invalid host: No backend {backend[:255]} is known.")
    if row["backend"] == backend:
        raise errors.BadRequest(f"Invalid host: Volume {row['id']} is on {backend} already.")
    _require_movable(connection, row)
    _begin(connection, ids, now, context, row, "migrate_volume", to_backend=backend)


def request_retype(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, type_id: str) -> None:
    """Begin to move a volume to a backend that fits a type, which it has then; raises BadRequest for its state."""
    _require_movable(connection, row)
    _begin(connection, ids, now, context, row, "retype_volume", type_id=type_id)


def _require_movable(connection: sa.Connection, row: Row) -> None:
    volumes.require(row, "move it to another backend")
    volumes.refuse_attached(connection, row["id"], "move it")
    snapshots = volumes.snapshots_of(connection, row["id"])
    if snapshots:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} has snapshots, which stay where they are: "
                                f"{', '.join(snapshots[:volumes.NAMED])}.")
    volumes.refuse_while_copied(connection, row, [])
    volumes.refuse_while_backed_up(connection, row)


def _begin(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, flow: str, **wanted: Any) -> None:
    volumes.begin(connection, ids, now, context, row, flow, flow.removesuffix("_volume"), {
        **volumes.place(row), "size_gib": row["size_gib"], **wanted})


def begin_clearing(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, left: Mapping[str, Any]) -> None:
    """Create the operation that removes what a volume has left behind; left: the state of its move."""
    volumes.begin(connection, ids, now, context, row, "clear_volume", "clear", {
        "host": left["host"], "backend": left["backend"], "snapshots": []})
