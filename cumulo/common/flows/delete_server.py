"""Delete a server: destroy the domain, disconnect its ports, forget the rows.

    step          runs at
    destroy       the compute agent   skipped for a server that never had a host
    unplug_ports  the network agent   skipped likewise
    forget        the scheduler       claim, ports and server row

There is no way back from a deletion, so nothing is undone: a step that fails is
tried again until the deadline. The state begins with server_id, ports and host
(null for a server that was never placed).
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler

FLOW = Flow(
    name="delete_server",
    resource_type="server",
    steps=(Step("destroy", at_compute), Step("unplug_ports", at_network), Step("forget", at_scheduler)),
    forward_only=True,
)
