"""Take the card of a port that was deleted out of its guest.

    step          runs at
    drop_card     the compute agent

A guest that does not let go of it keeps it until its next start. The port is gone, so nothing is undone: a step that fails
is tried again until the deadline. The state begins with server_id, host and device.
"""

from cumulo.common.operations.step import Flow, Step, at_compute

FLOW = Flow(
    name="drop_card",
    resource_type="server",
    steps=(Step("drop_card", at_compute),),
    forward_only=True,
)
