"""Transfers: a volume offered to whoever knows a key, and taken by another project.

    offer     available → awaiting-transfer; the key is told once, and kept as a hash
    accept    the volume, and its snapshots unless they stay, come to be the other project's, all in one transaction
    end       awaiting-transfer → available

A transfer is there as long as its volume waits. The key is a random number of 128 bits: nobody finds it by trying, so
one round of hashing is enough, and a wrong key is told apart from a missing transfer by nobody.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume, volume_snapshot, volume_transfer
from cumulo.common.ids import Ids
from cumulo.volume import quotas, states, types, volumes
from cumulo.volume.volume_queries import Part, page_of

Row = Mapping[str, Any]
SORT_COLUMNS: dict[str, Any] = {"created_at": volume_transfer.c.created_at, "id": volume_transfer.c.id,
                                "name": volume_transfer.c.name, "display_name": volume_transfer.c.name}
KEY_BYTES = 16


def not_found(transfer_id: str) -> errors.NotFound:
    """The error for a transfer that is not there, not there for the caller, or that another key opens."""
    return errors.NotFound(f"Transfer {transfer_id} could not be found.")


def hash_of(key: str) -> str:
    """Return what the database keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def offer(connection: sa.Connection, ids: Ids, now: float, *, of: Row, name: str | None, no_snapshots: bool, key: str,
          encrypted: bool) -> Row:
    """Offer a volume that the caller holds; raises BadRequest for the state that it or one of its snapshots is in.

    encrypted: also one that is encrypted, whose key goes with it.
    """
    volumes.require(of, "offer it to another project")
    if of["encryption_key_id"] is not None and not encrypted:
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} is encrypted: offer it with version 3.70 or later.")
    if of["group_id"]:
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} is in group {of['group_id']}: take it from there first.")
    if not no_snapshots:
        _refuse_unready(connection, of["id"])
    row = {"id": ids.new_id(), "volume_id": of["id"], "project_id": of["project_id"], "name": name,
           "key_hash": hash_of(key), "no_snapshots": no_snapshots, "created_at": now}
    volumes.update_volume(connection, now, of["id"], status=states.AWAITING_TRANSFER)
    connection.execute(sa.insert(volume_transfer).values(row))
    return row


def get_transfer(connection: sa.Connection, transfer_id: str, *, project_id: str | None = None, lock: bool = False) -> Row:
    """Return a transfer that a project offers (None: any); raises NotFound. lock holds the row of its volume."""
    mine = [volume_transfer.c.project_id == project_id] if project_id is not None else []
    return _get(connection, transfer_id, mine, lock=lock)


def _get(connection: sa.Connection, transfer_id: str, where: list[sa.ColumnElement[bool]], *, lock: bool) -> Row:
    wanted = [volume_transfer.c.id == transfer_id, *where]
    if lock:
        of = sa.select(volume_transfer.c.volume_id).where(*wanted).scalar_subquery()
        connection.execute(sa.select(volume.c.id).where(volume.c.id == of).with_for_update()).first()
    row = connection.execute(sa.select(volume_transfer).where(*wanted)).mappings().first()
    if row is None:
        raise not_found(transfer_id)
    return row


def accept(connection: sa.Connection, now: float, transfer_id: str, *, conf: cfg.ConfigOpts, context: Context, key: str) -> Row:
    """Give what a transfer offers to the caller's project, which the caller holds, and return the transfer.

    Raises NotFound, also for a wrong key; TooLarge over quota; BadRequest for a type that the project may not use, or
    while something is done to what is offered.
    """
    row = _get(connection, transfer_id, [volume_transfer.c.key_hash == hash_of(key)], lock=True)
    of, project_id = volumes.get_volume(connection, row["volume_id"]), context.project_id or ""
    if of["shown_status"] != states.AWAITING_TRANSFER:
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} is {of['shown_status']}: it cannot be taken now.")
    snapshots = [] if row["no_snapshots"] else _refuse_unready(connection, of["id"])
    if of["project_id"] != project_id:
        _check_room(connection, conf, project_id, of, [each["size_gib"] for each in snapshots])
    mine = {"project_id": project_id, "user_id": context.user_id}
    connection.execute(sa.update(volume_snapshot).where(
        volume_snapshot.c.id.in_([each["id"] for each in snapshots])).values(updated_at=now, **mine))
    end(connection, now, row)
    volumes.update_volume(connection, now, of["id"], **mine)
    return row


def _check_room(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str, of: Row, snapshots_gib: list[int]) -> None:
    type_name = None
    if of["type_id"]:
        try:
            type_name = types.get_type(connection, of["type_id"], project_id)["name"]
        except errors.NotFound as failure:
            raise errors.BadRequest("Invalid volume: It is of a type that this project may not use.") from failure
    quotas.check_size(connection, conf, project_id, of["size_gib"])
    quotas.check(connection, conf, project_id, quotas.Amount(
        volumes=1, snapshots=len(snapshots_gib), gigabytes=of["size_gib"] + sum(snapshots_gib), type_name=type_name))


def end(connection: sa.Connection, now: float, row: Row) -> None:
    """End a transfer whose volume the caller holds: the volume is available again."""
    volumes.offer_no_more(connection, row["volume_id"])
    connection.execute(sa.update(volume).where(
        volume.c.id == row["volume_id"], volume.c.status == states.AWAITING_TRANSFER).values(
            status=states.AVAILABLE, updated_at=now))


def list_transfers(connection: sa.Connection, where: list[sa.ColumnElement[bool]], part: Part) -> list[Row]:
    """Return a page of transfers; raises NotFound for a marker that is none of them."""
    return page_of(connection, sa.select(volume_transfer).where(*where), SORT_COLUMNS, part)


def _refuse_unready(connection: sa.Connection, volume_id: str) -> list[Row]:
    """Return a volume's snapshots, all of which are available; else raises BadRequest."""
    query = sa.select(volume_snapshot, states.SHOWN_OF_SNAPSHOT).select_from(states.JOINED_OF_SNAPSHOT).where(
        volume_snapshot.c.volume_id == volume_id).order_by(volume_snapshot.c.id)
    rows = list(connection.execute(query).mappings())
    for each in rows:
        if each["shown_status"] != states.AVAILABLE:
            raise errors.BadRequest(f"Invalid snapshot: Snapshot {each['id']} is {each['shown_status']}: a volume is offered "
                                    "with all of its snapshots available, or without them.")
    return rows
