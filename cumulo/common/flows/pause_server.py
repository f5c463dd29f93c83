"""Pause a running server: it stands still in its host's memory.

    step        runs at
    pause       the compute agent
    settle      the scheduler: the state the server is in now

Undone, the guest is left alone; the row says what its host says it is (power in the state).
The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="pause_server",
    resource_type="server",
    steps=(Step("pause", at_compute), Step("settle", at_scheduler)),
)
