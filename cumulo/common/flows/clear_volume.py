"""Remove what a volume has left behind on the backend that it moved away from.

    step         runs at
    drop_volume  the volume agent of that backend

There is no way back: the volume is elsewhere by now. The operation holds what is left and not the volume, which may be changed
and deleted meanwhile; it waits for a host that is away for as long as it takes, and is tried at once when that is back. The
volume does not go back to that backend before. The state begins with volume_id, host and backend (those it left) and snapshots,
of which there are none.
"""

from cumulo.common.operations.step import Flow, Step, at_volume

FLOW = Flow(name="clear_volume", resource_type="volume", steps=(Step("drop_volume", at_volume),), forward_only=True)
