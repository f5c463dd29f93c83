"""Delete a volume, with the snapshots that are named: remove it from its backend, forget the rows.

    step           runs at
    drop_volume    the volume agent   skipped for a volume that was never placed
    forget_volume  the scheduler

There is no way back from a deletion, so nothing is undone: a step that fails is tried again until the deadline. The state
begins with volume_id, host, backend (both null for a volume that was never placed) and snapshots (ids, the oldest first).
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="delete_volume",
    resource_type="volume",
    steps=(Step("drop_volume", at_volume), Step("forget_volume", at_scheduler)),
    forward_only=True,
)
