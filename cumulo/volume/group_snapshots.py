"""Snapshots of groups: one snapshot of each of their volumes, asked for in one transaction.

What is shown of one follows from its snapshots, as with groups: creating until all are there, error where one came to
nothing, deleting until the last one is gone, with which it goes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume_group, volume_group_snapshot, volume_group_type, volume_snapshot
from cumulo.common.ids import Ids
from cumulo.volume import group_types, groups, snapshots, states, types, volumes
from cumulo.volume.volume_queries import Part, page_of

Row = Mapping[str, Any]
FOR_RESET = groups.FOR_RESET


def _with(status: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(volume_snapshot.c.group_snapshot_id == volume_group_snapshot.c.id, volume_snapshot.c.status == status)


_IS_KEPT = volume_group_snapshot.c.status == states.AVAILABLE
SHOWN = sa.case(
    (sa.and_(volume_group_snapshot.c.status == states.DELETING, _with(states.ERROR_DELETING)), states.ERROR_DELETING),
    (sa.and_(_IS_KEPT, _with(states.CREATING)), states.CREATING),
    (sa.and_(_IS_KEPT, _with(states.ERROR)), states.ERROR),
    else_=volume_group_snapshot.c.status).label("shown_status")
SORT_COLUMNS: dict[str, Any] = {"created_at": volume_group_snapshot.c.created_at, "name": volume_group_snapshot.c.name,
                                "id": volume_group_snapshot.c.id, "status": SHOWN, "group_id": volume_group_snapshot.c.group_id}


def not_found(its_id: str) -> errors.NotFound:
    """The error for a group snapshot that is not there, or not there for the caller."""
    return errors.NotFound(f"GroupSnapshot {its_id} could not be found.")


def get(connection: sa.Connection, its_id: str, *where: sa.ColumnElement[bool], project_id: str | None = None, lock: bool = False) -> Row:
    """Return a group snapshot that fulfils these conditions, with its shown_status; raises NotFound, also for another project's.

    project_id None: of whatever project. lock holds its volumes and snapshots, then itself, until the transaction ends.
    """
    mine = [volume_group_snapshot.c.id == its_id, *where]
    mine += [volume_group_snapshot.c.project_id == project_id] if project_id is not None else []
    row = connection.execute(sa.select(volume_group_snapshot, SHOWN).where(*mine)).mappings().first()
    if row is None:
        raise not_found(its_id)
    if lock:
        for snapshot_id in members(connection, its_id):
            snapshots.get_snapshot(connection, snapshot_id, lock=True)
        connection.execute(sa.select(volume_group_snapshot.c.id).where(*mine).with_for_update()).first()
        return get(connection, its_id, project_id=project_id)
    return row


def members(connection: sa.Connection, its_id: str) -> list[str]:
    """Return the ids of the snapshots that a group snapshot is made of, by their volumes."""
    query = sa.select(volume_snapshot.c.id).where(volume_snapshot.c.group_snapshot_id == its_id)
    return list(connection.execute(query.order_by(volume_snapshot.c.volume_id)).scalars())


def list_group_snapshots(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], part: Part) -> list[Row]:
    """Return a page of group snapshots; raises NotFound for a marker that is none of them."""
    return page_of(connection, sa.select(volume_group_snapshot, SHOWN).where(*where), SORT_COLUMNS, part)


def request_create(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, group: Row,
                   columns: Mapping[str, Any]) -> Row:
    """Begin to make a snapshot of each volume of a group, which the caller holds with its volumes.

    Raises BadRequest for its state or that of one of its volumes, TooLarge over quota.
    """
    groups.require(group, "make a snapshot of it")
    held = [volumes.get_volume(connection, each) for each in groups.members(connection, group["id"])]
    if not held:
        raise errors.BadRequest(f"Invalid group: Group {group['id']} is empty: there is nothing to make a snapshot of.")
    _refuse_torn(connection, group, held)
    row = {"id": ids.new_id(), "group_id": group["id"], "group_type_id": group["group_type_id"], "project_id": group["project_id"],
           "user_id": context.user_id, "status": states.AVAILABLE, "created_at": now, "updated_at": now, **columns}
    connection.execute(sa.insert(volume_group_snapshot).values(row))
    names = types.names_of(connection, sorted({each["type_id"] for each in held if each["type_id"]}))
    for of in held:
        snapshots.request_create(connection, ids, now, conf=conf, context=context, of=of, type_name=names.get(of["type_id"]),
                                 in_use=True, columns={"name": columns["name"], "description": columns["description"],
                                                       "metadata": {}, "group_snapshot_id": row["id"]})
    return get(connection, row["id"])


def _refuse_torn(connection: sa.Connection, group: Row, held: Sequence[Row]) -> None:
    """Several volumes in use are written to between their snapshots, which a consistent group does not allow."""
    specs = connection.execute(sa.select(volume_group_type.c.group_specs).where(
        volume_group_type.c.id == group["group_type_id"])).scalar() or {}
    used = [each["id"] for each in held if each["shown_status"] == states.IN_USE]
    if len(used) > 1 and group_types.is_consistent(specs):
        raise errors.BadRequest(f"Invalid group: {', '.join(used)} are in use, and no backend makes snapshots of several volumes "
                                "in one moment: detach all but one.")


def request_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row) -> None:
    """See that a group snapshot, which the caller holds, goes away with its snapshots; asking twice is harmless.

    Raises BadRequest for its state, and while a group is being made of it.
    """
    if row["shown_status"] not in groups.FOR_DELETION:
        raise errors.BadRequest(f"Invalid group snapshot: {row['id']} is {row['shown_status']}, which does not allow to delete it.")
    made = sa.select(volume_group.c.id).where(volume_group.c.group_snapshot_id == row["id"],
                                              groups.SHOWN == states.CREATING).limit(1)
    if connection.execute(made).first() is not None:
        raise errors.BadRequest(f"Invalid group snapshot: A group is being made of {row['id']}.")
    for snapshot_id in members(connection, row["id"]):
        snapshots.request_delete(connection, ids, now, context=context, row=snapshots.get_snapshot(connection, snapshot_id))
    update(connection, now, row["id"], status=states.DELETING)
    forget_empty(connection, row["id"])


def forget_empty(connection: sa.Connection, its_id: str | None) -> None:
    """Remove one that is being deleted and has no snapshots any more; idempotent. Holds it, so that the last one does it."""
    if its_id is None:
        return
    is_it = volume_group_snapshot.c.id == its_id
    found = connection.execute(sa.select(volume_group_snapshot.c.status).where(is_it).with_for_update()).first()
    if found is not None and found.status == states.DELETING and not members(connection, its_id):
        connection.execute(sa.delete(volume_group_snapshot).where(is_it))


def update(connection: sa.Connection, now: float, its_id: str, **values: Any) -> None:
    """Change columns of a group snapshot."""
    connection.execute(sa.update(volume_group_snapshot).where(volume_group_snapshot.c.id == its_id).values(updated_at=now, **values))
