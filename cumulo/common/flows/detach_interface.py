"""Take a network card from a server, out of the guest first where it runs.

    step          runs at
    unplug_card   the compute agent   fails where the guest does not let go of it
    part          the scheduler       a port made for the server is deleted, another one is free again
    unplug_ports  the network agent

Undone before part, the server gets its card back. The state begins with server_id, host, port_id, ports (that port)
and device.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler

FLOW = Flow(
    name="detach_interface",
    resource_type="server",
    steps=(
        Step("unplug_card", at_compute),
        Step("part", at_scheduler),
        Step("unplug_ports", at_network),
    ),
)
