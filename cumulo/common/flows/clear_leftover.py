"""Remove what a host that was down still has of a server that is elsewhere by now, or gone.

    step         runs at
    destroy_left that host's agent
    cleared      the scheduler: the host may take the server again

There is no way back. The scheduler begins it once the host is declared up again; the state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="clear_leftover",
    resource_type="leftover",
    steps=(Step("destroy_left", at_compute), Step("cleared", at_scheduler)),
    forward_only=True,
)
