"""Take the card of a port that was deleted out of its guest.

    step          runs at
    unplug_card   the compute agent

A guest that does not let go of it keeps it until its next start. The state begins with server_id, host and device.
"""

from cumulo.common.operations.step import Flow, Step, at_compute

FLOW = Flow(
    name="drop_card",
    resource_type="server",
    steps=(Step("unplug_card", at_compute),),
)
