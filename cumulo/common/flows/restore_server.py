"""Take back the deletion of a server that was deleted softly.

    step        runs at
    power_on    the compute agent
    settle      the scheduler: ACTIVE

A step that fails is tried again until the deadline: what was begun is not turned off again. The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="restore_server",
    resource_type="server",
    steps=(Step("power_on", at_compute), Step("settle", at_scheduler)),
    forward_only=True,
)
