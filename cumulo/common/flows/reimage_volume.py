"""Give a volume what an image holds, in place of what it held.

    step            runs at           undone by
    reimage_volume  the volume agent  removing what is half made: the volume holds what it did or what the image does, never some of each
    settle_image    the scheduler     nothing: it is the last step

The state begins with volume_id, host, backend, size_gib, source (kind image, id) and about: what the volume then says of
its image.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="reimage_volume",
    resource_type="volume",
    steps=(Step("reimage_volume", at_volume), Step("settle_image", at_scheduler)),
)
