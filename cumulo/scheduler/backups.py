"""The steps of backups that run in the runner itself, and what the end of their operations means for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cumulo.common import log
from cumulo.common.context import Context
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.ids import Ids
from cumulo.common.operations.lease import Operation
from cumulo.common.operations.step import State
from cumulo.volume import backups, keys, states, volumes

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Work

LOG = log.get(__name__)
FAULT_LENGTH = 1024
_SAID = ("object_count", "stored_bytes", "service", "bound")
"""What agents say of the data of a backup."""


def settle_backup(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the backup is there, and what the agent said of it."""
    said = {name: work.state[name] for name in _SAID}
    backups.update_backup(connection, now, work.state["backup_id"], status=states.AVAILABLE, fault=None, **said)
    return {}


def settle_restore(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say of the volume what the one that was backed up said, and have it opened with what opens the backup."""
    keys.come_next(connection, work.state["volume_id"])
    volumes.update_volume(connection, now, work.state["volume_id"], **work.state["said"])
    return {}


def restore_failed(connection: sa.Connection, ended: Operation) -> None:
    """Leave an encrypted volume with the key that opens what it holds: all of the backup, or what it held before."""
    if ended.state.get("replaced"):
        keys.come_next(connection, ended.resource_id)
    else:
        keys.let_go(connection, keys.next_of(ended.resource_id))


def let_go_backup(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Decide whether the data goes with the backup."""
    return {"location": backups.let_go(connection, work.state["backup_id"])}


def forget_backup(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Remove the row of the backup."""
    backups.forget(connection, work.state["backup_id"])
    return {}


def finished(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Draw the consequences of an operation's end for its backup; one that is gone needs none."""
    query = sa.select(volume_backup).where(volume_backup.c.id == ended.resource_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        return
    if ended.phase == "stuck":
        status = states.ERROR_DELETING if ended.flow == "delete_backup" else states.ERROR
        _fail(connection, now, ended, status)
    elif ended.cancel and ended.flow != "delete_backup":
        own = {"request_id": ended.request_id, "user_id": ended.user_id, "project_id": ended.project_id}
        backups.begin_delete(connection, ids, now, Context.from_dict(ended.state.get("cancelled_by") or own), dict(row))
        LOG.info("deletion_follows", after=ended.id, backup=row["id"])
    elif ended.phase == "undone":
        _fail(connection, now, ended, states.ERROR)


def _fail(connection: sa.Connection, now: float, ended: Operation, status: str) -> None:
    backups.update_backup(connection, now, ended.resource_id, status=status, fault=(ended.error or "")[:FAULT_LENGTH])
