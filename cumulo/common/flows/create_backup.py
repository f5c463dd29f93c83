"""Make a backup of a volume, or of a snapshot of it.

    step           runs at           undone by
    hold_moment    the volume agent  removing what it holds; skipped unless the volume is in use
    send_backup    the volume agent  removing from the target whatever has been sent
    settle_backup  the scheduler     nothing: a backup whose creation ends undone is in error when the flow ends

A volume in use is held as it is at one moment by a snapshot that bears the backup's id, which send_backup removes when all
of it has been sent. The state begins with backup_id, volume_id, host, backend, snapshot_id (null but for a snapshot's),
hold (the id of that snapshot, null where there is none), location and parent (locations on the target). send_backup adds
object_count, stored_bytes, service and bound.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume, at_volume_to_hold

FLOW = Flow(
    name="create_backup",
    resource_type="backup",
    steps=(Step("hold_moment", at_volume_to_hold), Step("send_backup", at_volume), Step("settle_backup", at_scheduler)),
)
