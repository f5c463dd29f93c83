"""What clients see of a backup's state, derived from its row and from operations under way, as states.py does for volumes."""

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.volume import states

RESTORING = "restoring"
PASSING = {"delete_backup": states.DELETING}
FOR_DELETION = (states.CREATING, states.AVAILABLE, states.ERROR, states.ERROR_DELETING)
FOR_RESET = (states.AVAILABLE, states.ERROR)
READERS = ("create_volume", "restore_backup")
"""Flows of volumes that read the backup that the volume's row names."""


def _is_read() -> sa.ColumnElement[bool]:
    """Say whether a volume is being made of it, or overwritten with it."""
    reading = operation.alias("reading")
    query = sa.select(volume.c.id).join(reading, reading.c.active_key == volume.c.id)
    return query.where(volume.c.backup_id == volume_backup.c.id, reading.c.flow.in_(READERS), states.is_run(reading)).exists()


def _has_dependents() -> sa.ColumnElement[bool]:
    """Say whether the data of another backup is compared with its data."""
    child = volume_backup.alias("child")
    return sa.exists().where(child.c.parent_location == volume_backup.c.location)


JOINED = states.joined(volume_backup)
SHOWN = sa.case(
    (operation.c.cancel.is_(True), states.DELETING), *((operation.c.flow == flow, status) for flow, status in PASSING.items()),
    (_is_read(), RESTORING), else_=volume_backup.c.status).label("shown_status")
HAS_DEPENDENTS = _has_dependents().label("has_dependents")
