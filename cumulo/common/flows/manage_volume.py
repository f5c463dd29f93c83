"""Take over what a backend has and nobody manages, as a volume.

    step             runs at           undone by
    adopt_volume     the volume agent  giving it up again, under its old name
    settle_volume    the scheduler     nothing: it is the last step

The state begins with volume_id, host, backend, size_gib and name: what the backend calls it.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="manage_volume",
    resource_type="volume",
    steps=(Step("adopt_volume", at_volume), Step("settle_volume", at_scheduler)),
)
