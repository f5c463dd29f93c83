"""Delete a snapshot: remove it from its backend, forget the row.

    step             runs at
    drop_snap        the volume agent
    forget_snapshot  the scheduler

There is no way back from a deletion. The state begins with snapshot_id, volume_id, host and backend.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="delete_snapshot",
    resource_type="snapshot",
    steps=(Step("drop_snap", at_volume), Step("forget_snapshot", at_scheduler)),
    forward_only=True,
)
