"""Take over a backup of which there is a record: its data is on the target already.

    step             runs at           undone by
    look_for_backup  the volume agent  nothing: it only looks
    settle_backup    the scheduler     nothing: a backup whose data is not there is in error when the flow ends

The state begins with backup_id, host (one that can reach the target), location and size_gib. look_for_backup adds
object_count, stored_bytes, service and bound.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="import_backup",
    resource_type="backup",
    steps=(Step("look_for_backup", at_volume), Step("settle_backup", at_scheduler)),
)
