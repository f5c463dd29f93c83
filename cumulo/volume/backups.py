"""Backups: the rules for making, restoring and deleting them, and lists of them.

    request_create    of a volume, of one in use where its backend can hold a moment, or of a snapshot
    request_restore   over an existing volume; a new one is made of a backup as of a snapshot (volumes.request_create)
    request_delete    also while it is being made: that walks back first
    let_go            what of its data the deletion removes: nothing that another row names too

A backup's data is on the target, under its location. Whoever changes one holds the row of its volume first, if any, then
those of backups: in that order.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.volume import volume
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.common.operations.step import State
from cumulo.volume import backends, backup_states, keys, moments, quotas, states, volumes
from cumulo.volume.volume_queries import Part, count_having, page_of

Row = Mapping[str, Any]
KEPT = ("bootable", "image_id", "image_metadata", "metadata")
"""What a volume that is made of a backup takes over from the one that the backup is of."""
_SILENT_S = 30.0
SORT_COLUMNS: dict[str, Any] = {
    "created_at": volume_backup.c.created_at, "updated_at": volume_backup.c.updated_at, "name": volume_backup.c.name,
    "id": volume_backup.c.id, "size": volume_backup.c.size_gib, "status": backup_states.SHOWN,
    "volume_id": volume_backup.c.volume_id, "container": volume_backup.c.container,
    "data_timestamp": volume_backup.c.data_timestamp, "project_id": volume_backup.c.project_id}


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a new backup shall be: its columns, whether it holds only what has changed, and of a volume in use."""

    columns: Mapping[str, Any]
    incremental: bool = False
    in_use: bool = False


def not_found(backup_id: str) -> errors.NotFound:
    """The error for a backup that is not there, or not there for the caller."""
    return errors.NotFound(f"Backup {backup_id} could not be found.")


def get_backup(connection: sa.Connection, backup_id: str, *, project_id: str | None = None, lock: bool = False) -> Row:
    """Return a backup with its shown_status and has_dependents; raises NotFound, also for another project's."""
    mine = [volume_backup.c.id == backup_id]
    mine += [volume_backup.c.project_id == project_id] if project_id is not None else []
    if lock:
        connection.execute(sa.select(volume_backup.c.id).where(*mine).with_for_update()).first()
    row = connection.execute(_query().where(*mine)).mappings().first()
    if row is None:
        raise not_found(backup_id)
    return row


def _query() -> sa.Select[Any]:
    return sa.select(volume_backup, backup_states.SHOWN, backup_states.HAS_DEPENDENTS).select_from(backup_states.JOINED)


def request_create(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, of: Row,
                   snapshot: Row | None, wish: Wish) -> Row:
    """Make the row and the operation of a backup of a volume that the caller holds, or of its snapshot; return the row.

    Raises BadRequest for the state of what it is made of, or without a backup to compare with; TooLarge over quota.
    """
    if snapshot is not None:
        _require_snapshot(snapshot, of)
    else:
        volumes.require(of, "back it up", (states.AVAILABLE, states.IN_USE) if wish.in_use else (states.AVAILABLE,))
        moments.refuse_torn(connection, of, "back it up")
    project_id = context.project_id or ""
    quotas.check(connection, conf, project_id, quotas.Amount(backups=1, backup_gigabytes=of["size_gib"]))
    taken_at = snapshot["created_at"] if snapshot else now
    parent = _parent(connection, project_id, of, taken_at) if wish.incremental else None
    backup_id, host = ids.new_id(), backends.host_of(of["backend"])
    how = keys.of_volume(connection, of["id"])
    row = {"id": backup_id, "project_id": project_id, "user_id": context.user_id, "volume_id": of["id"],
           "snapshot_id": snapshot["id"] if snapshot else None, "status": states.CREATING,
           "size_gib": snapshot["size_gib"] if snapshot else of["size_gib"], "availability_zone": of["availability_zone"],
           "location": backup_id, "parent_location": parent["location"] if parent else None, "host": host, "bound": False,
           "object_count": 0, "stored_bytes": 0, "said": {name: of[name] for name in KEPT} | _encrypted(of, how), "data_timestamp": taken_at,
           "created_at": now, "updated_at": now, **wish.columns}
    connection.execute(sa.insert(volume_backup).values(row))
    if how:
        keys.make(connection, ids, now, conf, keys.of_the_backup(backup_id), like=keys.of_the_volume(of["id"]))
    begin(connection, ids, now, context, backup_id, "create_backup", "create", deadline_s=conf.backup.timeout_s, state={
        **volumes.place(of), "volume_id": of["id"], "snapshot_id": row["snapshot_id"], "location": backup_id,
        "parent": row["parent_location"], "hold": backup_id if of["shown_status"] == states.IN_USE and not snapshot else None})
    return get_backup(connection, backup_id)


def _encrypted(of: Row, how: Mapping[str, Any]) -> State:
    """Return what a backup says of how its volume is encrypted, and of the type that says so."""
    return {"encryption": dict(how), "type_id": of["type_id"]} if how else {}


def _require_snapshot(snapshot: Row, of: Row) -> None:
    if snapshot["volume_id"] != of["id"]:
        raise errors.BadRequest(f"Invalid input received: Snapshot {snapshot['id']} is of volume {snapshot['volume_id']}, not of "
                                f"{of['id']}.")
    if snapshot["shown_status"] not in (states.AVAILABLE, states.BACKING_UP) or of["shown_status"] == states.DELETING:
        raise errors.BadRequest(f"Invalid snapshot: Snapshot {snapshot['id']} must be available to back it up, and is "
                                f"{snapshot['shown_status']}.")


def _parent(connection: sa.Connection, project_id: str, of: Row, taken_at: float) -> Row:
    """Return the newest backup of the volume that the caller can reach, held until the transaction ends."""
    host = backends.host_of(of["backend"])
    query = sa.select(volume_backup.c.id).where(
        volume_backup.c.volume_id == of["id"], volume_backup.c.project_id == project_id, volume_backup.c.location.is_not(None),
        volume_backup.c.status == states.AVAILABLE, volume_backup.c.data_timestamp <= taken_at,
        sa.or_(volume_backup.c.bound.is_(False), volume_backup.c.host == host))
    for backup_id in connection.execute(query.order_by(volume_backup.c.data_timestamp.desc(), volume_backup.c.id)).scalars().all():
        row = get_backup(connection, backup_id, lock=True)
        if row["shown_status"] in (states.AVAILABLE, backup_states.RESTORING):
            return row
    raise errors.BadRequest("Invalid backup: No backups available to do an incremental backup.")


def require_readable(row: Row) -> None:
    """Raise BadRequest unless a volume may be made of a backup now."""
    if row["shown_status"] not in (states.AVAILABLE, backup_states.RESTORING) or row["location"] is None:
        raise errors.BadRequest(f"Invalid backup: Backup {row['id']} must be available to restore it, and is "
                                f"{row['shown_status']}.")


def kept(row: Row) -> State:
    """Return the columns that a volume which is made of a backup takes over."""
    return {name: row["said"].get(name) for name in KEPT} | {"metadata": row["said"].get("metadata") or {}}


def source(row: Row) -> State:
    """Return what the operation of a volume that is made of a backup is told of it."""
    return {"kind": "backup", "id": row["location"], "host": row["host"] if row["bound"] else None, "backup_id": row["id"],
            "encryption": encryption(row)}


def encryption(row: Row) -> dict[str, Any]:
    """Return how a backup's data is encrypted: {"format", "cipher", "bits"}; nothing where it is not."""
    return dict(row["said"].get("encryption") or {})


def request_restore(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, row: Row,
                    over: Row) -> None:
    """Begin to overwrite a volume with a backup; the caller holds both. Raises BadRequest for their states or sizes."""
    require_readable(row)
    volumes.require(over, "restore a backup to it")
    volumes.refuse_other_encryption(encryption(row), keys.of_volume(connection, over["id"]))
    if over["size_gib"] < row["size_gib"]:
        raise errors.BadRequest(f"Invalid volume: Volume {over['id']} has {over['size_gib']} GiB, the backup has "
                                f"{row['size_gib']}: it is too small.")
    host = backends.host_of(over["backend"])
    if row["bound"] and row["host"] != host:
        raise errors.BadRequest(f"Invalid volume: Volume {over['id']} is on host {host}, and the backup can be reached from "
                                f"host {row['host']} alone.")
    volumes.update_volume(connection, now, over["id"], backup_id=row["id"])
    changes_key = bool(encryption(row)) and _begin_key(connection, ids, now, conf, row, over["id"])
    store.create(connection, ids, now, flow="restore_backup", resource_type="volume", resource_id=over["id"],
                 context=context, action="restore_backup", deadline_s=conf.backup.timeout_s, state={
                     "volume_id": over["id"], **volumes.place(over), "size_gib": over["size_gib"], "source": source(row),
                     "said": kept(row), "changes_key": changes_key})


def _begin_key(connection: sa.Connection, ids: Ids, now: float, conf: cfg.ConfigOpts, row: Row, volume_id: str) -> bool:
    """Make the key that a volume is to have with a backup's data, unless its own opens that; say whether it was made.

    Raises BadRequest for a volume with snapshots, which its own key opens.
    """
    of_backup = keys.of_the_backup(row["id"])
    keys.let_go(connection, keys.next_of(volume_id))  # of a restoration that came to nothing
    if keys.is_same(connection, conf, of_backup, keys.of_the_volume(volume_id)):
        return False
    snapshots = volumes.snapshots_of(connection, volume_id)
    if snapshots:
        raise errors.BadRequest(f"Invalid volume: Volume {volume_id} is encrypted with another key than the backup, and has snapshots "
                                f"that only its own opens: {', '.join(snapshots[:volumes.NAMED])}. Delete them, or restore to "
                                "another volume.")
    keys.make(connection, ids, now, conf, keys.next_of(volume_id), like=of_backup)
    return True


def request_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, force: bool = False) -> None:
    """See that a backup goes away; asking twice is harmless. The caller holds the row.

    Raises BadRequest while others are compared with it, while it is being restored, or for its state (unless force).
    """
    running = store.active(connection, row["id"])
    if running is not None and running["flow"] == "delete_backup" and running["phase"] != "stuck":
        return
    _refuse_needed(connection, row)
    if row["shown_status"] not in backup_states.FOR_DELETION and not force:
        raise errors.BadRequest(f"Invalid backup: Backup {row['id']} is {row['shown_status']}, which does not allow to delete it.")
    if running is not None:
        store.cancel(connection, row["id"], context=context)  # what walks back is followed by the deletion
    else:
        begin_delete(connection, ids, now, context, row)


def begin_delete(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row) -> None:
    """Create the operation that deletes a backup for which nothing is under way."""
    begin(connection, ids, now, context, row["id"], "delete_backup", "delete", state={
        "host": _who_reaches(connection, row), "location": row["location"]})


def _refuse_needed(connection: sa.Connection, row: Row) -> None:
    """Raise BadRequest that names what of its project needs a backup."""
    child = None
    if row["location"] is not None:
        child = connection.execute(sa.select(volume_backup.c.id, volume_backup.c.project_id).where(
            volume_backup.c.parent_location == row["location"]).order_by(volume_backup.c.id).limit(1)).first()
    if child is not None:
        named = f"Incremental backup {child.id}" if child.project_id == row["project_id"] else "Another incremental backup"
        raise errors.BadRequest(f"Invalid backup: {named} needs the data of backup {row['id']}.")
    if row["shown_status"] != backup_states.RESTORING:
        return
    query = sa.select(volume.c.id, volume.c.project_id).where(volume.c.backup_id == row["id"]).order_by(volume.c.id)
    readers = dict(connection.execute(query).tuples().all())
    for volume_id, running in store.active_of(connection, list(readers)).items():
        if running["flow"] in backup_states.READERS:
            named = f"Volume {volume_id}" if readers[volume_id] == row["project_id"] else "A volume"
            raise errors.BadRequest(f"Invalid backup: {named} is being made of backup {row['id']}.")


def _who_reaches(connection: sa.Connection, row: Row) -> str | None:
    """Return the host that can reach a backup's data: its own, or, where any can, the one that was heard last."""
    if row["bound"]:
        return str(row["host"])
    heard = anybody(connection)
    return row["host"] if row["host"] in heard else next(iter(heard), row["host"])


def anybody(connection: sa.Connection) -> list[str]:
    """Return the hosts whose volume agents were heard within half a minute of the newest, that one first."""
    query = sa.select(service_status.c.host, service_status.c.last_seen).where(service_status.c.kind == backends.KIND)
    found = connection.execute(query.order_by(service_status.c.last_seen.desc(), service_status.c.host)).all()
    return [host for host, last_seen in found if last_seen >= found[0].last_seen - _SILENT_S]


def begin(connection: sa.Connection, ids: Ids, now: float, context: Context, backup_id: str, flow: str, action: str, *,
          state: Mapping[str, Any], deadline_s: float = 3600) -> None:
    """Create an operation on a backup."""
    store.create(connection, ids, now, flow=flow, resource_type="backup", resource_id=backup_id, context=context, action=action,
                 state={"backup_id": backup_id, **state}, deadline_s=deadline_s)


def let_go(connection: sa.Connection, backup_id: str) -> str | None:
    """Return the location whose data goes with a backup: None where another row names it too, which keeps it.

    Of two rows that are deleted at once the first lets go, and the second, who waits for it, takes the data along.
    """
    location = connection.execute(sa.select(volume_backup.c.location).where(volume_backup.c.id == backup_id)).scalar()
    if location is None:
        return None
    sharing = sa.select(volume_backup.c.id).where(volume_backup.c.location == location).order_by(volume_backup.c.id)
    if len(connection.execute(sharing.with_for_update()).all()) < 2:
        return str(location)
    connection.execute(sa.update(volume_backup).where(volume_backup.c.id == backup_id).values(location=None))
    return None


def named(connection: sa.Connection, locations: Sequence[str]) -> list[str]:
    """Return those of these locations that a row names."""
    query = sa.select(volume_backup.c.location).where(volume_backup.c.location.in_(locations)).distinct()
    return sorted(connection.execute(query).scalars())


def update_backup(connection: sa.Connection, now: float, backup_id: str, **values: Any) -> None:
    """Change columns of a backup; raises NotFound."""
    changed = connection.execute(sa.update(volume_backup).where(volume_backup.c.id == backup_id).values(updated_at=now, **values))
    if changed.rowcount == 0:
        raise not_found(backup_id)


def forget(connection: sa.Connection, backup_id: str) -> None:
    """Remove the row of a backup and its key; idempotent."""
    keys.let_go(connection, keys.of_the_backup(backup_id))
    connection.execute(sa.delete(volume_backup).where(volume_backup.c.id == backup_id))


def list_backups(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], metadata: Mapping[str, str], part: Part,
                 ) -> list[Row]:
    """Return a page of backups; raises NotFound for a marker that is none of them."""
    keep = (lambda row: metadata.items() <= row["metadata"].items()) if metadata else None
    return page_of(connection, _query().where(*where), SORT_COLUMNS, part, keep)


def count_backups(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], metadata: Mapping[str, str]) -> int:
    """Return how many backups there are of these."""
    return count_having(connection, volume_backup, backup_states.JOINED, where, metadata)
