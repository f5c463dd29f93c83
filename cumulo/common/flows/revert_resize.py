"""Have a server that was resized or moved go back to what it was.

    step          runs at
    leave         the new host's agent      its files there, or its size, are given up
    move_back     the scheduler             the claim is the old room again
    follow_ports  the old host's network
    export_volumes the volume agents
    return        the old host's agent      started, if it ran
    settle        the scheduler             ACTIVE or SHUTOFF

What was given up does not come back, so a step that fails is tried again until the deadline. The state begins with server_id, host, source, ports,
volumes, and ends.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler, at_volume_to_open

FLOW = Flow(
    name="revert_resize",
    resource_type="server",
    steps=(
        Step("leave", at_compute),
        Step("move_back", at_scheduler),
        Step("follow_ports", at_network),
        Step("export_volumes", at_volume_to_open, repeats=True),
        Step("return", at_compute),
        Step("settle", at_scheduler),
    ),
    forward_only=True,
)
