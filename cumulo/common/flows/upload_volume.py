"""Make an image of a volume.

    step         runs at           undone by
    hold_image   the scheduler     removing the image, unless it is active
    send_volume  the volume agent  removing the copy; an upload that does not end leaves nothing in the store

The volume does not change, whatever comes of it. The state begins with volume_id, host, backend, image_id and format.
"""

from cumulo.common.operations.step import Flow, Step, at_scheduler, at_volume

FLOW = Flow(
    name="upload_volume",
    resource_type="volume",
    steps=(Step("hold_image", at_scheduler), Step("send_volume", at_volume)),
)
