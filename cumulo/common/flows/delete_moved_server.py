"""Delete a server that still has something on the host it came from: that first, then as any other.

    step           runs at
    destroy_other  the old host's agent
    destroy        the compute agent
    unplug_ports   the network agent
    forget         the scheduler

There is no way back. The state begins with server_id, ports, host and source.
"""

from cumulo.common.flows.confirm_resize import at_source
from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler

FLOW = Flow(
    name="delete_moved_server",
    resource_type="server",
    steps=(
        Step("destroy_other", at_source),
        Step("destroy", at_compute),
        Step("unplug_ports", at_network),
        Step("forget", at_scheduler),
    ),
    forward_only=True,
)
