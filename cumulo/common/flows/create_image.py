"""Save a server's disk as an image: as it is at one moment, while the server goes on.

    step         runs at            undone by
    hold_image   the scheduler      removing the image, unless it is active
    snapshot     the compute agent  removing the file
    upload       the compute agent  nothing: an upload that does not end leaves nothing in the store
    rotate       the scheduler      nothing

A backup is an image too; rotate then removes the oldest of its kind beyond the count that was asked for. The server's
state does not change, whatever comes of it. The state begins with server_id, host, image_id and format, for a backup
also backup_type and rotation.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="create_image",
    resource_type="server",
    steps=(
        Step("hold_image", at_scheduler),
        Step("snapshot", at_compute),
        Step("upload", at_compute),
        Step("rotate", at_scheduler),
    ),
)
