"""Let a paused server go on.

    step        runs at
    unpause     the compute agent
    settle      the scheduler: the state the server is in now

Undone, the guest is left alone; the row says what its host says it is (power in the state).
The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="unpause_server",
    resource_type="server",
    steps=(Step("unpause", at_compute), Step("settle", at_scheduler)),
)
