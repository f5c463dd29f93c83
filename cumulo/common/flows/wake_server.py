"""Bring back a shelved server that is still on its host.

    step        runs at
    power_on    the compute agent
    unshelve    the scheduler: ACTIVE, and the image is removed

A step that fails is tried again until the deadline: what was begun is not turned off again. The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="wake_server",
    resource_type="server",
    steps=(
        Step("power_on", at_compute),
        Step("unshelve", at_scheduler),
    ),
    forward_only=True,
)
