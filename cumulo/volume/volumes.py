"""Volumes: the rules for making, changing and deleting them. How lists are read is in volume_queries.

    request_create   quota, row and operation of a new volume
    request_delete   whatever it is doing: a creation under way walks back first
    request_extend   also while it is attached, where the caller's version may

Each works inside the caller's one transaction: all of it comes to be, or nothing. Whoever calls rings the scheduler
after the commit. A refusal for the state that a volume is in is a 400, as clients of this API expect.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors, log
from cumulo.common.context import Context
from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import (
    volume,
    volume_attachment,
    volume_backend,
    volume_snapshot,
    volume_transfer,
)
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.common.operations.step import State
from cumulo.volume import backends, keys, moments, qos, quotas, states, type_encryption, types

LOG = log.get(__name__)
Row = Mapping[str, Any]
NAMED = 10
"""How many of the things that stand in the way of a change its refusal names."""
# Statements of every request, built once: that costs more than running them.
_IS_IT = volume.c.id == sa.bindparam("its_id")
_SHOWN = sa.select(volume, states.SHOWN).select_from(states.JOINED).where(_IS_IT)
_SHOWN_OWN = _SHOWN.where(volume.c.project_id == sa.bindparam("whose"))
_LOCKED = sa.select(volume.c.id).where(_IS_IT).with_for_update()
_LOCKED_OWN = _LOCKED.where(volume.c.project_id == sa.bindparam("whose"))
_CHANGE = sa.update(volume).where(_IS_IT)
_NEW = sa.insert(volume)
_ATTACHMENTS = sa.select(volume_attachment).where(
    volume_attachment.c.volume_id.in_(sa.bindparam("volumes", expanding=True))).order_by(
        volume_attachment.c.created_at, volume_attachment.c.id)


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a new volume shall be: its columns, the name of its type, and what its state says of where its data is from."""

    size_gib: int
    columns: Mapping[str, Any]
    type_name: str | None = None
    source: Mapping[str, Any] | None = None
    deadline_s: float = 3600


def not_found(volume_id: str) -> errors.NotFound:
    """The error for a volume that is not there, or not there for the caller."""
    return errors.NotFound(f"Volume {volume_id} could not be found.")


def get_volume(connection: sa.Connection, volume_id: str, *, project_id: str | None = None, lock: bool = False) -> Row:
    """Return a volume with its shown_status; raises NotFound, also for another project's.

    project_id None: of whatever project. lock keeps others from changing the row until the transaction ends.
    """
    mine = {"its_id": volume_id} | ({"whose": project_id} if project_id is not None else {})
    if lock:
        connection.execute(_LOCKED_OWN if "whose" in mine else _LOCKED, mine).first()
    row = connection.execute(_SHOWN_OWN if "whose" in mine else _SHOWN, mine).mappings().first()
    if row is None:
        raise not_found(volume_id)
    return row


def request_create(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context,
                   wish: Wish) -> Row:
    """Make the row and the operation of a new volume and return the row; raises TooLarge over quota."""
    row = make_row(connection, ids, now, conf=conf, context=context, wish=wish)
    _begin_create(connection, ids, now, context, row, wish.source, wish.deadline_s, is_new=True)
    return row


def make_row(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, wish: Wish) -> Row:
    """Make the row of a new volume that begin_create is to follow, and return it; raises TooLarge over quota."""
    project_id = context.project_id or ""
    quotas.check_size(connection, conf, project_id, wish.size_gib)
    quotas.check(connection, conf, project_id, quotas.Amount(
        volumes=1, gigabytes=wish.size_gib, type_name=wish.type_name))
    row = {"id": ids.new_id(), "project_id": project_id, "user_id": context.user_id, "status": states.CREATING,
           "size_gib": wish.size_gib, "created_at": now, "updated_at": now, "bootable": False, "multiattach": False,
           **wish.columns}
    encryption = type_encryption.of_type(connection, row.get("type_id"))
    original = _original(connection, row, wish.source)
    connection.execute(_NEW, row)
    if encryption is not None:
        keys.check(encryption)
        keys.make(connection, ids, now, conf, keys.of_the_volume(row["id"]), like=original)
    return get_volume(connection, row["id"])


def begin_create(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row,
                 source: Mapping[str, Any] | None) -> None:
    """Create the operation that makes a volume, unless one does already."""
    if store.active(connection, row["id"]) is None:
        _begin_create(connection, ids, now, context, row, source)


def _begin_create(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row,
                  source: Mapping[str, Any] | None, deadline_s: float = 3600, *, is_new: bool = False) -> None:
    begin(connection, ids, now, context, row, "create_volume", "create", {
        "size_gib": row["size_gib"], "source": source, "encrypted": row["encryption_key_id"] is not None}, deadline_s,
        is_new=is_new)


def _original(connection: sa.Connection, row: Row, source: Mapping[str, Any] | None) -> keys.Owner | None:
    """Return what a new volume is a copy of; raises BadRequest where they are encrypted in different ways."""
    if source is None or source["kind"] == "image":
        return None
    if source["kind"] == "backup":
        refuse_other_encryption(source["encryption"], keys.of_type(connection, row.get("type_id")))
        return keys.of_the_backup(source["backup_id"])
    if source["kind"] not in ("snapshot", "volume"):
        refuse_recoded(connection, None, row.get("type_id"))
        return None
    volume_id: str = source.get("volume_id") or source["id"]
    found = connection.execute(sa.select(volume.c.type_id, volume.c.encryption_key_id).where(volume.c.id == volume_id)).one()
    refuse_recoded(connection, found.type_id if found.encryption_key_id else None, row.get("type_id"))
    return keys.of_the_volume(volume_id)


def refuse_other_encryption(of_backup: Mapping[str, Any], of_target: Mapping[str, Any]) -> None:
    """Raise BadRequest unless a backup's data is encrypted as its target says: it is restored as it is."""
    if of_backup != of_target:
        is_so, wanted = (f"encrypted with {each['cipher']} and {each['bits']} bits" if each else "not encrypted"
                         for each in (of_backup, of_target))
        raise errors.BadRequest(f"Invalid volume: The backup's data is {is_so}, and volumes of that type are {wanted}: it is "
                                "restored as it is. Choose a type that encrypts as the backup's volume did.")


def refuse_recoded(connection: sa.Connection, type_id: str | None, after_id: str | None) -> None:
    """Raise BadRequest where data of one type is to be of another and just one of them encrypts, or both do: it is copied as it is."""
    if type_id != after_id and (type_encryption.of_type(connection, type_id) or type_encryption.of_type(connection, after_id)):
        raise errors.BadRequest("Invalid volume type: Data is copied as it is, encrypted or not: both types must be the same, "
                                "unless neither encrypts.")


def request_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row,
                   cascade: bool = False, force: bool = False, with_group: bool = False) -> None:
    """See that a volume goes away; asking twice is harmless. The caller holds the row.

    with_group: because its group goes; else one in a group is refused.

    Raises BadRequest for one that is attached, that has snapshots (unless cascade), that another one is being made of,
    or whose state does not allow it (unless force).
    """
    running = store.active(connection, row["id"])
    if running is not None and running["flow"] == "delete_volume" and running["phase"] != "stuck":
        return
    refuse_attached(connection, row["id"], "delete it")
    if row["group_id"] and not with_group:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is in group {row['group_id']}: take it from there, or delete "
                                "the group.")
    if row["shown_status"] not in states.FOR_DELETION and not force:
        raise errors.BadRequest(
            f"Invalid volume: Volume {row['id']} is {row['shown_status']}, which does not allow to delete it.")
    snapshots = snapshots_of(connection, row["id"])
    if snapshots and not cascade:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} has dependent snapshots: {', '.join(snapshots)}.")
    grouped = grouped_snapshots(connection, [row["id"]])
    if grouped:
        raise errors.BadRequest(f"Invalid volume: Its snapshots {', '.join(grouped)} are part of snapshots of a group: delete those.")
    refuse_busy(connection, snapshots)
    refuse_while_backed_up(connection, row)
    refuse_while_copied(connection, row, snapshots)
    offer_no_more(connection, row["id"])
    if running is not None:
        store.cancel(connection, row["id"], context=context)  # what walks back is followed by the deletion
        return
    begin_delete(connection, ids, now, context, row, snapshots)


def end(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row) -> None:
    """Delete a volume with its server: as far as nothing depends on it, else it stays."""
    try:  # what a rebuild was writing to it ends with it
        request_delete(connection, ids, now, context=context, row=row, force=row["shown_status"] == states.REIMAGING)
    except errors.BadRequest as failure:
        LOG.info("volume_outlives_its_server", volume=row["id"], reason=failure.message)


def begin_delete(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, snapshots: list[str]) -> None:
    """Create the operation that deletes a volume for which nothing is under way."""
    begin(connection, ids, now, context, row, "delete_volume", "delete", {**place(row), "snapshots": snapshots})


def request_extend(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, row: Row,
                   type_name: str | None, size_gib: int, in_use: bool) -> None:
    """Begin to make a volume larger; raises BadRequest for a size or a state that does not allow it, TooLarge over quota."""
    allowed = (states.AVAILABLE, states.IN_USE) if in_use else (states.AVAILABLE,)
    require(row, "extend it", allowed)
    if row["shown_status"] == states.IN_USE:
        _refuse_growing_in_use(connection, row)
    if size_gib <= row["size_gib"]:
        raise errors.BadRequest(
            f"Invalid input received: New size for extend must be greater than current size. (current: {row['size_gib']}, "
            f"extended: {size_gib}).")
    project_id = row["project_id"]
    quotas.check_size(connection, conf, project_id, size_gib)
    quotas.check(connection, conf, project_id, quotas.Amount(gigabytes=size_gib - row["size_gib"], type_name=type_name))
    user = _user(connection, row)
    update_volume(connection, now, row["id"], growing_gib=size_gib)
    begin(connection, ids, now, context, row, "extend_volume", "extend", {**place(row), "size_gib": size_gib, **user})


def _refuse_growing_in_use(connection: sa.Connection, row: Row) -> None:
    """Raise BadRequest where nobody who has a volume open would see that it has grown."""
    query = sa.select(volume_backend.c.capabilities).where(volume_backend.c.name == row["backend"])
    if (connection.execute(query).scalar() or {}).get("online_extend_support") is False:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is in use, and its backend serves it in a way that does not "
                                "tell guests of another size: detach it first.")


def retype(connection: sa.Connection, now: float, *, conf: cfg.ConfigOpts, row: Row, after: Row) -> list[str]:
    """Give a volume another type where its backend fits it; else return what the backend lacks, and change nothing.

    Raises BadRequest for the state or the type that it has, TooLarge over quota.
    """
    require(row, "give it another type", (states.AVAILABLE, states.IN_USE))
    if row["type_id"] == after["id"]:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is of type {after['name']} already.")
    if row["group_id"]:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is in group {row['group_id']}, which is for volumes of some types: "
                                "take it from there first.")
    refuse_recoded(connection, row["type_id"], after["id"])
    many = types.is_multiattach(after["extra_specs"])
    if many != row["multiattach"] and row["shown_status"] == states.IN_USE:
        raise errors.BadRequest("Invalid volume: Whether several may use a volume is not changed while one does.")
    quotas.check(connection, conf, row["project_id"], quotas.Amount(
        volumes=1, gigabytes=row["size_gib"], type_name=after["name"]).of_type())
    lacks = lacking(connection, row["backend"], after)
    if not lacks:
        update_volume(connection, now, row["id"], type_id=after["id"], multiattach=many)
    return lacks


def lacking(connection: sa.Connection, backend: str, wanted: Row) -> list[str]:
    """Return what a backend lacks of what a type asks for."""
    query = sa.select(volume_backend.c.capabilities).where(volume_backend.c.name == backend)
    said = {(key, str(value)) for key, value in (connection.execute(query).scalar() or {}).items()}
    asked = (*types.wanted_capabilities(wanted["extra_specs"]), *type_encryption.asks(connection, wanted["id"]),
             *qos.asks(connection, wanted["id"]))
    return [f"{key} = {value}" for key, value in asked if key != types.MULTIATTACH and (key, value) not in said]


def request_upload(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, image_id: str,
                   disk_format: str, in_use: bool) -> None:
    """Begin to make an image of a volume; raises BadRequest for the state that it is in."""
    require(row, "make an image of it", (states.AVAILABLE, states.IN_USE) if in_use else (states.AVAILABLE,))
    refuse_encrypted(row, "make an image of it")
    moments.refuse_torn(connection, row, "make an image of it")
    begin(connection, ids, now, context, row, "upload_volume", "upload", {
        **place(row), "image_id": image_id, "format": disk_format,
        "hold": row["id"] if row["shown_status"] == states.IN_USE else None})


def request_revert(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, snapshot: Row) -> None:
    """Begin to give a volume what its newest snapshot holds; raises BadRequest for another one, or for their states."""
    require(row, "revert it")
    if snapshot["volume_id"] != row["id"] or snapshots_of(connection, row["id"])[-1:] != [snapshot["id"]]:
        raise errors.BadRequest(f"Invalid snapshot: Snapshot {snapshot['id']} is not the newest one of volume {row['id']}.")
    if snapshot["shown_status"] != states.AVAILABLE:
        raise errors.BadRequest(f"Invalid snapshot: Snapshot {snapshot['id']} is {snapshot['shown_status']}, not available.")
    refuse_while_copied(connection, row, [snapshot["id"]])
    refuse_while_backed_up(connection, row)
    begin(connection, ids, now, context, row, "revert_volume", "revert", {
        **place(row), "size_gib": row["size_gib"], "snapshot_id": snapshot["id"]})


def request_reimage(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, image: Mapping[str, Any],
                    about: Mapping[str, Any], reserved: bool) -> None:
    """Begin to give a volume what an image holds; reserved: also one that is kept for a server. Raises BadRequest."""
    require(row, "give it another image", (states.AVAILABLE, states.ERROR, *((states.RESERVED,) if reserved else ())))
    begin_reimage(connection, ids, now, context=context, row=row, source=image, about=about)


def begin_reimage(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, source: Mapping[str, Any],
                  about: Mapping[str, Any]) -> str:
    """Create the operation that gives a volume what an image holds, and return its id; nobody has it open. Raises BadRequest."""
    refuse_encrypted(row, "give it the data of an image")
    refuse_while_copied(connection, row, [])
    refuse_while_backed_up(connection, row)
    return begin(connection, ids, now, context, row, "reimage_volume", "reimage", {
        **place(row), "size_gib": row["size_gib"], "source": source, "about": about})


def _user(connection: sa.Connection, row: Row) -> State:
    """Return what an operation's state says of the server that has a volume; raises BadRequest for several."""
    found = [each for each in attachments_of(connection, [row["id"]])[row["id"]] if each["managed"]]
    if len(found) > 1:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is used by several servers: detach all but one.")
    return {"server_id": found[0]["server_id"], "user_host": found[0]["host"]} if found else {}


def begin(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, flow: str, action: str,
          state: Mapping[str, Any], deadline_s: float = 3600, *, is_new: bool = False) -> str:
    """Create an operation on a volume and return its id; is_new: the volume is one that this transaction has made."""
    return store.create(connection, ids, now, flow=flow, resource_type="volume", resource_id=row["id"], deadline_s=deadline_s,
                        state={"volume_id": row["id"], **state}, context=context, action=action, is_new=is_new)


def place(row: Row) -> State:
    """Return what an operation's state says of where a volume is: nothing while it is nowhere."""
    backend = row["backend"]
    return {"backend": backend, "host": backends.host_of(backend) if backend else None}


def require(row: Row, what: str, allowed: tuple[str, ...] = (states.AVAILABLE,)) -> None:
    """Raise BadRequest unless a volume is in one of these states."""
    if row["shown_status"] not in allowed:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} must be {' or '.join(allowed)} to {what}, "
                                f"and is {row['shown_status']}.")
    if row["migration_status"] in (states.STARTING, states.MIGRATING):  # its server's operation has it
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is moving to another backend, which does not allow to {what}.")
    if row["backend"] is None:  # an administrator may have written that it is available
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is on no backend: it was never made.")


def refuse_encrypted(row: Row, what: str) -> None:
    """Raise BadRequest for a volume that is encrypted, where its data would be in the open or without its key."""
    if row["encryption_key_id"] is not None:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is encrypted: nobody can {what}.")


def refuse_attached(connection: sa.Connection, volume_id: str, what: str) -> None:
    """Raise BadRequest while something uses a volume, or is about to."""
    found = attachments_of(connection, [volume_id])[volume_id]
    if found:
        users = ", ".join(f"server {each['server_id']}" if each["server_id"] else f"what attachment {each['id']} is of"
                          for each in found[:NAMED])
        raise errors.BadRequest(f"Invalid volume: Volume {volume_id} is attached to {users}: detach it to {what}.")


def refuse_while_copied(connection: sa.Connection, row: Row, snapshot_ids: list[str]) -> None:
    """Raise BadRequest while new volumes are being made of a volume or of its snapshots, naming those of its project."""
    of_it = sa.or_(volume.c.source_id == row["id"], volume.c.snapshot_id.in_(snapshot_ids))
    made = copies(connection, row["project_id"], of_it)
    if made is not None:
        raise errors.BadRequest(f"Invalid volume: {made} being made of volume {row['id']}.")


def copies(connection: sa.Connection, project_id: str, of_it: sa.ColumnElement[bool]) -> str | None:
    """Return what is being made that fits a condition, as a sentence begins; other projects' things are not named."""
    query = sa.select(volume.c.id, volume.c.project_id).where(of_it, volume.c.status == states.CREATING).order_by(volume.c.id)
    found = connection.execute(query.limit(NAMED)).all()
    own = [row.id for row in found if row.project_id == project_id]
    if own:
        return f"Volume {own[0]} is" if len(own) == 1 else f"Volumes {', '.join(own)} are"
    return "Another volume is" if found else None


def refuse_while_backed_up(connection: sa.Connection, row: Row, snapshot_id: str | None = None) -> None:
    """Raise BadRequest while a backup is being made of a volume, of any or of one of its snapshots; names one of its project."""
    of_it = [volume_backup.c.volume_id == row["id"], *([volume_backup.c.snapshot_id == snapshot_id] if snapshot_id else [])]
    query = sa.select(volume_backup.c.id, volume_backup.c.project_id).where(*of_it, operation.c.flow == "create_backup").join_from(
        volume_backup, operation, operation.c.active_key == volume_backup.c.id)
    found = connection.execute(query.order_by(volume_backup.c.id).limit(1)).first()
    if found is not None:
        named = f"Backup {found.id} is" if found.project_id == row["project_id"] else "A backup is"
        raise errors.BadRequest(f"Invalid volume: {named} being made of volume {row['id']}.")


def refuse_busy(connection: sa.Connection, snapshot_ids: list[str]) -> None:
    """Raise BadRequest while something is done to one of a volume's snapshots."""
    for snapshot_id, running in store.active_of(connection, snapshot_ids).items():
        raise errors.BadRequest(f"Invalid volume: Its snapshot {snapshot_id} is busy: {running['action']} is in progress.")


def snapshots_of(connection: sa.Connection, volume_id: str) -> list[str]:
    """Return the ids of a volume's snapshots, the oldest first."""
    query = sa.select(volume_snapshot.c.id).where(volume_snapshot.c.volume_id == volume_id)
    return list(connection.execute(query.order_by(volume_snapshot.c.created_at, volume_snapshot.c.id)).scalars())


def grouped_snapshots(connection: sa.Connection, volume_ids: list[str]) -> list[str]:
    """Return the ids of those snapshots of volumes that are part of snapshots of groups."""
    query = sa.select(volume_snapshot.c.id).where(
        volume_snapshot.c.volume_id.in_(volume_ids), volume_snapshot.c.group_snapshot_id.is_not(None))
    return list(connection.execute(query.order_by(volume_snapshot.c.id)).scalars())


def update_volume(connection: sa.Connection, now: float, volume_id: str, **values: Any) -> None:
    """Change columns of a volume; raises NotFound."""
    changed = connection.execute(_CHANGE, {"its_id": volume_id, "updated_at": now, **values})
    if changed.rowcount == 0:
        raise not_found(volume_id)


def offer_no_more(connection: sa.Connection, volume_id: str) -> None:
    """End the transfer that a volume waits for, if any; its status is for the caller to write. Idempotent."""
    connection.execute(sa.delete(volume_transfer).where(volume_transfer.c.volume_id == volume_id))


def forget(connection: sa.Connection, volume_id: str) -> None:
    """Remove the row of a volume and what hangs on it; idempotent."""
    for owner in (keys.of_the_volume(volume_id), keys.next_of(volume_id)):
        keys.let_go(connection, owner)
    for table in (volume_attachment, volume_snapshot, volume_transfer):
        connection.execute(sa.delete(table).where(table.c.volume_id == volume_id))
    connection.execute(sa.delete(volume).where(volume.c.id == volume_id))


def attachments_of(connection: sa.Connection, volume_ids: list[str]) -> dict[str, list[Row]]:
    """Return the attachments of each volume, the oldest first: one query for a list page."""
    found: dict[str, list[Row]] = {volume_id: [] for volume_id in volume_ids}
    if volume_ids:
        for row in connection.execute(_ATTACHMENTS, {"volumes": volume_ids}).mappings():
            found[row["volume_id"]].append(row)
    return found
