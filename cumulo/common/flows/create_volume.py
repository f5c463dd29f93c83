"""Make a volume: choose a backend, make it there, say that it is available.

    step           runs at            undone by
    place          the scheduler      giving the backend's room back
    make_volume    the volume agent   removing it
    settle_volume  the scheduler      nothing: a volume whose creation ends undone is in error when the flow ends

The state begins with volume_id, size_gib and source: None for an empty one, or what its data comes from: kind (snapshot,
volume or image), id and, but for an image, the backend that it is on. place adds host and backend (host@name).
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="create_volume",
    resource_type="volume",
    steps=(Step("place", at_scheduler), Step("make_volume", at_volume), Step("settle_volume", at_scheduler)),
)
