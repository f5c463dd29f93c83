"""Give a snapshot up: its data stays on its backend, and is no snapshot any more.

    step             runs at
    release_snap     the volume agent
    forget_snapshot  the scheduler

The state begins with snapshot_id, volume_id, host and backend. There is no way back: it goes forward only.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="unmanage_snapshot",
    resource_type="snapshot",
    steps=(Step("release_snap", at_volume), Step("forget_snapshot", at_scheduler)),
    forward_only=True,
)
