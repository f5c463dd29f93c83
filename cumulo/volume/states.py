"""What clients see of a volume's or a snapshot's state, derived from its row and the operation under way.

The row holds a settled status. One that says what is being done, such as extending, is not stored: it follows from
the unfinished operation, so it can never be left over. Where two parts work on a volume (attaching, detaching), its
attachment's row says so, and the volume's row follows in the same transaction.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume, volume_snapshot
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.db.words import is_one_of, word, written
from cumulo.common.operations.store import ACTIVE_PHASES

CREATING, AVAILABLE, IN_USE, RESERVED, ERROR = "creating", "available", "in-use", "reserved", "error"
ATTACHING, DETACHING, MAINTENANCE = "attaching", "detaching", "maintenance"
ERROR_MANAGING = "error_managing"
AWAITING_TRANSFER = "awaiting-transfer"
REVERTING, REIMAGING = "reverting", "downloading"
DELETING, ERROR_DELETING, ERROR_EXTENDING = "deleting", "error_deleting", "error_extending"
FROM = (AVAILABLE, IN_USE)
"""What a volume is that another one can be made of."""
BACKING_UP = "backing-up"
PASSING = {"delete_volume": DELETING, "extend_volume": "extending", "upload_volume": "uploading", "delete_snapshot": DELETING,
           "revert_volume": REVERTING, "reimage_volume": REIMAGING, "migrate_volume": MAINTENANCE, "retype_volume": "retyping",
           "restore_backup": "restoring-backup",
           "manage_volume": "managing", "unmanage_volume": "unmanaging", "unmanage_snapshot": "unmanaging"}
"""What a thing is shown as while such a flow runs."""
STUCK = {"delete_volume": ERROR_DELETING, "delete_snapshot": ERROR_DELETING, "extend_volume": ERROR_EXTENDING,
         "restore_backup": "error_restoring"}
"""What a thing is once such a flow is stuck; others leave it in error."""
FOR_DELETION = (CREATING, AVAILABLE, ERROR, ERROR_DELETING, ERROR_EXTENDING, "error_restoring", ERROR_MANAGING)
STARTING, MIGRATING, MIGRATED, NOT_MIGRATED = "starting", "migrating", "success", "error"
"""What migration_status says of the last move."""
FOR_RESET = (CREATING, AVAILABLE, DELETING, ERROR, ERROR_DELETING, ATTACHING, DETACHING, IN_USE, MAINTENANCE)
FOR_RESET_OF_SNAPSHOT = (CREATING, AVAILABLE, DELETING, ERROR, ERROR_DELETING)


def is_run(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Say whether a row of the table of operations, or of an alias of it, is being carried out."""
    return sa.and_(table.c.active_key.is_not(None), is_one_of(table.c.phase, ACTIVE_PHASES))


def backing_up(of: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Say whether a backup that a condition describes is being made; it names the columns of other tables by their text."""
    making = operation.alias("making")
    query = sa.select(volume_backup.c.id).join(making, making.c.active_key == volume_backup.c.id)
    return query.where(of, making.c.flow == word("create_backup"), is_run(making)).exists()


def shown(table: sa.Table, *more: tuple[sa.ColumnElement[bool], str]) -> sa.ColumnElement[str]:
    """Return the status that clients see, for a query over joined(table); more: what it is shown as when that holds."""
    passing = [(operation.c.flow == word(flow), word(status)) for flow, status in PASSING.items()]
    beside = [(condition, word(status)) for condition, status in more]
    cases = sa.case((operation.c.cancel.is_(True), word(DELETING)), *passing, *beside, else_=table.c.status)
    return written(cases).label("shown_status")


def joined(table: sa.Table) -> sa.Join:
    """Return the table with the operation of each row that is under way."""
    return table.outerjoin(operation, sa.and_(operation.c.active_key == table.c.id, is_run(operation)))


# A volume in use is backed up as it was at one moment, and stays in use meanwhile.
_BACKED_UP = sa.and_(volume.c.status == word(AVAILABLE), backing_up(sa.and_(
    volume_backup.c.volume_id == sa.literal_column("volume.id"), volume_backup.c.snapshot_id.is_(None))))
SHOWN, JOINED = shown(volume, (_BACKED_UP, BACKING_UP)), joined(volume)
SHOWN_OF_SNAPSHOT = shown(volume_snapshot, (
    backing_up(volume_backup.c.snapshot_id == sa.literal_column("volume_snapshot.id")), BACKING_UP))
JOINED_OF_SNAPSHOT = joined(volume_snapshot)
