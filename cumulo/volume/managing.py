"""Taking over what backends have and nobody manages, and giving volumes and snapshots up so that their data stays.

A volume is given up without snapshots, a volume or snapshot while nothing else is done to it. What is encrypted is not
given up: its key would go.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume, volume_snapshot
from cumulo.common.ids import Ids
from cumulo.volume import quotas, snapshots, states, type_encryption, volumes

Row = Mapping[str, Any]


def request_manage(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, backend: str,
                   found: Mapping[str, Any], kind: Row | None, columns: Mapping[str, Any]) -> Row:
    """Make the row and the operation of a volume out of what a backend has, {"name", "size_gib"}; return the row.

    kind: its type. Raises BadRequest for one that the backend does not fit or that encrypts, TooLarge over quota.
    """
    if kind is not None:
        lacks = volumes.lacking(connection, backend, kind)
        if lacks or type_encryption.of_type(connection, kind["id"]) is not None:
            raise errors.BadRequest(f"Invalid volume: What is on {backend} does not fit type {kind['name']}: "
                                    f"{', '.join(lacks) or 'it is not encrypted'}.")
    project_id, size_gib = context.project_id or "", int(found["size_gib"])
    quotas.check_size(connection, conf, project_id, size_gib)
    quotas.check(connection, conf, project_id, quotas.Amount(
        volumes=1, gigabytes=size_gib, type_name=kind["name"] if kind else None))
    row = {"id": ids.new_id(), "project_id": project_id, "user_id": context.user_id, "status": states.CREATING,
           "size_gib": size_gib, "created_at": now, "updated_at": now, "multiattach": False, "backend": backend,
           "type_id": kind["id"] if kind else None, **columns}
    connection.execute(sa.insert(volume).values(row))
    volumes.begin(connection, ids, now, context, row, "manage_volume", "manage", {
        **volumes.place(row), "size_gib": size_gib, "name": found["name"]})
    return volumes.get_volume(connection, row["id"])


def request_unmanage(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row) -> None:
    """Begin to give a volume up; raises BadRequest for the state that it is in, or what depends on it."""
    volumes.require(row, "give it up", (states.AVAILABLE, states.ERROR))
    volumes.refuse_encrypted(row, "give it up")
    if row["group_id"]:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is in group {row['group_id']}: take it from there first.")
    volumes.refuse_attached(connection, row["id"], "give it up")
    there = volumes.snapshots_of(connection, row["id"])
    if there:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} has dependent snapshots: {', '.join(there[:volumes.NAMED])}.")
    volumes.refuse_while_copied(connection, row, [])
    volumes.refuse_while_backed_up(connection, row)
    volumes.begin(connection, ids, now, context, row, "unmanage_volume", "unmanage", volumes.place(row))


def request_manage_snapshot(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context,
                            of: Row, type_name: str | None, found: Mapping[str, Any], columns: Mapping[str, Any]) -> Row:
    """Make the row and the operation of a snapshot of a volume, which the caller holds, out of what its backend has."""
    volumes.require(of, "take over a snapshot of it", (states.AVAILABLE, states.IN_USE))
    volumes.refuse_encrypted(of, "take over a snapshot of it")
    size_gib = int(found["size_gib"])
    if size_gib > of["size_gib"]:
        raise errors.BadRequest(f"Invalid snapshot: It has {size_gib} GiB, and volume {of['id']} has {of['size_gib']}.")
    quotas.check(connection, conf, of["project_id"], quotas.Amount(snapshots=1, gigabytes=size_gib, type_name=type_name))
    row = {"id": ids.new_id(), "volume_id": of["id"], "project_id": of["project_id"], "user_id": context.user_id,
           "status": states.CREATING, "size_gib": size_gib, "created_at": now, "updated_at": now, **columns}
    connection.execute(sa.insert(volume_snapshot).values(row))
    snapshots.begin(connection, ids, now, context, row, of, "manage_snapshot", "manage_snapshot", name=found["name"])
    return snapshots.get_snapshot(connection, row["id"])


def request_unmanage_snapshot(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row) -> None:
    """Begin to give a snapshot up, which the caller holds with its volume; raises BadRequest for their states."""
    of = volumes.get_volume(connection, row["volume_id"])
    if row["shown_status"] not in (states.AVAILABLE, states.ERROR):
        raise errors.BadRequest(f"Invalid snapshot: Snapshot {row['id']} is {row['shown_status']}: it is not given up.")
    if of["shown_status"] in (states.DELETING, states.REVERTING):
        raise errors.BadRequest(f"Invalid snapshot: Volume {of['id']} is {of['shown_status']}.")
    volumes.refuse_encrypted(of, "give a snapshot of it up")
    snapshots.refuse_while_copied(connection, row)
    volumes.refuse_while_backed_up(connection, of, row["id"])
    snapshots.begin(connection, ids, now, context, row, of, "unmanage_snapshot", "unmanage_snapshot")
