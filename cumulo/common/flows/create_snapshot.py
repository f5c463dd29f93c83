"""Keep what a volume holds now.

    step             runs at            undone by
    snap_volume      the volume agent   removing the snapshot
    settle_snapshot  the scheduler      nothing: a snapshot whose making ends undone is in error when the flow ends

The state begins with snapshot_id, volume_id, host and backend.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="create_snapshot",
    resource_type="snapshot",
    steps=(Step("snap_volume", at_volume), Step("settle_snapshot", at_scheduler)),
)
