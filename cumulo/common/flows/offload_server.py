"""Take a shelved server off its host, which has room for others then.

    step          runs at
    destroy       the compute agent
    unplug_ports  the network agent
    offload       the scheduler: SHELVED_OFFLOADED, without claim and host

Its disk is an image by now, so nothing is undone: a step that fails is tried again until the deadline. The state begins
with server_id, host and ports.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler

FLOW = Flow(
    name="offload_server",
    resource_type="server",
    steps=(
        Step("destroy", at_compute),
        Step("unplug_ports", at_network),
        Step("offload", at_scheduler),
    ),
    forward_only=True,
)
