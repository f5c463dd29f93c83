"""Let a rescued server boot from its own disk again.

    step        runs at
    unrescue    the compute agent: the rescue disk is removed, the server started
    settle      the scheduler: ACTIVE

Undone, the guest is left alone and the server stays in RESCUE. The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="unrescue_server",
    resource_type="server",
    steps=(Step("unrescue", at_compute), Step("settle", at_scheduler)),
)
