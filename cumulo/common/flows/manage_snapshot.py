"""Take over what a backend has and nobody manages, as a snapshot of a volume.

    step             runs at           undone by
    adopt_snap       the volume agent  giving it up again, under its old name
    settle_snapshot  the scheduler     nothing: it is the last step

The state begins with snapshot_id, volume_id, host, backend and name: what the backend calls it.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="manage_snapshot",
    resource_type="snapshot",
    steps=(Step("adopt_snap", at_volume), Step("settle_snapshot", at_scheduler)),
)
