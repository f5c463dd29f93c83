"""Suspend a running server: its memory is written to its host's disk, and it takes none.

    step        runs at
    suspend     the compute agent
    settle      the scheduler: the state the server is in now

Undone, the guest is left alone; the row says what its host says it is (power in the state).
The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="suspend_server",
    resource_type="server",
    steps=(Step("suspend", at_compute), Step("settle", at_scheduler)),
)
