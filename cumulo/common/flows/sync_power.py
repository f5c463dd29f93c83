"""See how a guest is that nobody asked to change, as when it shut itself down, and write it down.

    step        runs at
    look        the compute agent: answers power
    adopt       the scheduler: the status that this means

The scheduler begins it when a heartbeat tells of a guest that is not as its row says. A heartbeat may be old, so it
decides nothing: the guest is looked at again while the operation holds the server. The state begins with server_id and
host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="sync_power",
    resource_type="server",
    steps=(Step("look", at_compute), Step("adopt", at_scheduler)),
)
