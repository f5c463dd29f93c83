"""Rebuild a server: the same server, host, ports and addresses, with new disks from an image.

    step        runs at
    wipe        the compute agent: off, and without the disks that are made from the image
    respawn     the compute agent: made anew, and started unless it was off
    settle      the scheduler: the status it had, or ACTIVE

Nothing brings the old disks back: a rebuild that fails leaves the server in ERROR, and may be asked for again. The row
names the new image from the beginning. The state begins with server_id, host, keep_ephemeral and ends (a status).
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="rebuild_server",
    resource_type="server",
    steps=(Step("wipe", at_compute), Step("respawn", at_compute), Step("settle", at_scheduler)),
)
