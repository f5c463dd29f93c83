"""What is left to do once a guest has moved to another host by itself: it follows live_migrate_server.

    step          runs at
    follow_ports  the new host's network
    receive       the new host's agent      the guest is defined there, and goes on if it is to; answers power
    destroy_other the old host's agent      what it still has of the server
    landed        the scheduler             the old room is given back, the row says what the guest is

The guest cannot go back, so a step that fails is tried again until the deadline. The state begins with server_id, host,
source, ports and begins.
"""

from cumulo.common.flows.confirm_resize import at_source
from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler

FLOW = Flow(
    name="land_server",
    resource_type="server",
    steps=(
        Step("follow_ports", at_network),
        Step("receive", at_compute),
        Step("destroy_other", at_source),
        Step("landed", at_scheduler),
    ),
    forward_only=True,
)
