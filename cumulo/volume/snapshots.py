"""Snapshots: the rules for making, changing and deleting them, and lists of them.

A snapshot is on its volume's backend and lasts no longer than the volume. Whoever changes one holds the row of its
volume first, then its own: in that order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume, volume_snapshot
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.volume import moments, quotas, states, volumes
from cumulo.volume.volume_queries import Part, count_having, page_of

Row = Mapping[str, Any]
SORT_COLUMNS: dict[str, Any] = {
    "created_at": volume_snapshot.c.created_at, "updated_at": volume_snapshot.c.updated_at,
    "name": volume_snapshot.c.name, "display_name": volume_snapshot.c.name, "id": volume_snapshot.c.id,
    "volume_id": volume_snapshot.c.volume_id, "status": states.SHOWN_OF_SNAPSHOT, "volume_size": volume_snapshot.c.size_gib}
FOR_DELETION = (states.CREATING, states.AVAILABLE, states.ERROR, states.ERROR_DELETING)


def not_found(snapshot_id: str) -> errors.NotFound:
    """The error for a snapshot that is not there, or not there for the caller."""
    return errors.NotFound(f"Snapshot {snapshot_id} could not be found.")


def get_snapshot(connection: sa.Connection, snapshot_id: str, *, project_id: str | None = None, lock: bool = False) -> Row:
    """Return a snapshot with its shown_status; raises NotFound, also for another project's.

    project_id None: of whatever project. lock holds its volume's row and its own until the transaction ends.
    """
    mine = [volume_snapshot.c.id == snapshot_id]
    mine += [volume_snapshot.c.project_id == project_id] if project_id is not None else []
    if lock:
        of = sa.select(volume_snapshot.c.volume_id).where(*mine).scalar_subquery()
        connection.execute(sa.select(volume.c.id).where(volume.c.id == of).with_for_update()).first()
        connection.execute(sa.select(volume_snapshot.c.id).where(*mine).with_for_update()).first()
    query = sa.select(volume_snapshot, states.SHOWN_OF_SNAPSHOT).select_from(states.JOINED_OF_SNAPSHOT).where(*mine)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise not_found(snapshot_id)
    return row


def request_create(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, of: Row,
                   type_name: str | None, in_use: bool, columns: Mapping[str, Any]) -> Row:
    """Make the row and the operation of a snapshot of a volume that the caller holds, and return the row.

    in_use: also of one that is attached. Raises BadRequest for the state it is in, TooLarge over quota.
    """
    allowed = (states.AVAILABLE, states.IN_USE) if in_use else (states.AVAILABLE,)
    volumes.require(of, "make a snapshot of it", allowed)
    moments.refuse_torn(connection, of, "make a snapshot of it")
    quotas.check(connection, conf, of["project_id"], quotas.Amount(
        snapshots=1, gigabytes=of["size_gib"], type_name=type_name))
    row = {"id": ids.new_id(), "volume_id": of["id"], "project_id": of["project_id"], "user_id": context.user_id,
           "status": states.CREATING, "size_gib": of["size_gib"], "created_at": now, "updated_at": now, **columns}
    connection.execute(sa.insert(volume_snapshot).values(row))
    begin(connection, ids, now, context, row, of, "create_snapshot", "create_snapshot")
    return get_snapshot(connection, row["id"])


def request_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, force: bool = False) -> None:
    """See that a snapshot goes away; asking twice is harmless. The caller holds the rows.

    Raises BadRequest while a volume is being made of it, or for the state that it or its volume is in.
    """
    running = store.active(connection, row["id"])
    if running is not None and running["flow"] == "delete_snapshot" and running["phase"] != "stuck":
        return
    if row["shown_status"] not in FOR_DELETION and not force:
        raise errors.BadRequest(f"Invalid snapshot: Snapshot {row['id']} is {row['shown_status']}, which does not allow to "
                                "delete it.")
    of = volumes.get_volume(connection, row["volume_id"])
    if of["shown_status"] == states.DELETING:
        raise errors.BadRequest(f"Invalid snapshot: Volume {of['id']} is being deleted, and its snapshots with it.")
    if of["shown_status"] == states.REVERTING:
        raise errors.BadRequest(f"Invalid snapshot: Volume {of['id']} is being reverted to its newest snapshot.")
    refuse_while_copied(connection, row)
    volumes.refuse_while_backed_up(connection, of, row["id"])
    if running is not None:
        store.cancel(connection, row["id"], context=context)  # what walks back is followed by the deletion
    else:
        begin(connection, ids, now, context, row, of, "delete_snapshot", "delete_snapshot")


def begin(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, of: Row, flow: str, action: str,
          **more: Any) -> None:
    """Create an operation on a snapshot of a volume."""
    store.create(connection, ids, now, flow=flow, resource_type="snapshot", resource_id=row["id"], context=context, action=action,
                 state={"snapshot_id": row["id"], "volume_id": of["id"], **volumes.place(of), **more})


def refuse_while_copied(connection: sa.Connection, row: Row) -> None:
    """Raise BadRequest while new volumes are being made of a snapshot, naming those of its project."""
    made = volumes.copies(connection, row["project_id"], volume.c.snapshot_id == row["id"])
    if made is not None:
        raise errors.BadRequest(f"Invalid snapshot: {made} being made of snapshot {row['id']}.")


def update_snapshot(connection: sa.Connection, now: float, snapshot_id: str, **values: Any) -> None:
    """Change columns of a snapshot; raises NotFound."""
    changed = connection.execute(sa.update(volume_snapshot).where(volume_snapshot.c.id == snapshot_id).values(
        updated_at=now, **values))
    if changed.rowcount == 0:
        raise not_found(snapshot_id)


def forget(connection: sa.Connection, snapshot_id: str) -> None:
    """Remove the row of a snapshot; idempotent."""
    connection.execute(sa.delete(volume_snapshot).where(volume_snapshot.c.id == snapshot_id))


def list_snapshots(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], metadata: Mapping[str, str],
                   part: Part) -> list[Row]:
    """Return a page of snapshots; raises NotFound for a marker that is none of them."""
    query = sa.select(volume_snapshot, states.SHOWN_OF_SNAPSHOT).select_from(states.JOINED_OF_SNAPSHOT).where(*where)
    keep = (lambda row: metadata.items() <= row["metadata"].items()) if metadata else None
    return page_of(connection, query, SORT_COLUMNS, part, keep)


def count_snapshots(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], metadata: Mapping[str, str]) -> int:
    """Return how many snapshots there are of these."""
    return count_having(connection, volume_snapshot, states.JOINED_OF_SNAPSHOT, where, metadata)
