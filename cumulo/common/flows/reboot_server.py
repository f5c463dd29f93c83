"""Reboot a server.

    step        runs at
    reboot      the compute agent
    settle      the scheduler: the state the server is in now

The state begins with server_id, host and reboot_type (SOFT or HARD).
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="reboot_server",
    resource_type="server",
    steps=(Step("reboot", at_compute), Step("settle", at_scheduler)),
)
