"""Make a volume larger.

    step           runs at            undone by
    hold_room      the scheduler      giving the room back
    grow_volume    the volume agent   nothing: it stays larger than it says, which harms nobody, and may grow again
    grow_guest_disk  the compute agent  nothing; skipped unless a server has the volume
    settle_growth  the scheduler      nothing: it is the last step

The state begins with volume_id, host, backend and size_gib (the new size); where a server has the volume, with server_id
and user_host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute_of, at_scheduler, at_volume

FLOW = Flow(
    name="extend_volume",
    resource_type="volume",
    steps=(Step("hold_room", at_scheduler), Step("grow_volume", at_volume), Step("grow_guest_disk", at_compute_of),
           Step("settle_growth", at_scheduler)),
)
