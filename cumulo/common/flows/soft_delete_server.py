"""Delete a server in a way that can be taken back for a while: it is off, and keeps all it has.

    step        runs at
    power_off   the compute agent
    settle      the scheduler: SOFT_DELETED

Undone, the guest is left alone; the row says what its host says it is. The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="soft_delete_server",
    resource_type="server",
    steps=(Step("power_off", at_compute), Step("settle", at_scheduler)),
)
