"""Take back the deletion of a server that was deleted softly.

    step        runs at
    power_on    the compute agent
    settle      the scheduler: ACTIVE

Undone, the guest is left alone and the server stays deleted softly. The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="restore_server",
    resource_type="server",
    steps=(Step("power_on", at_compute), Step("settle", at_scheduler)),
)
