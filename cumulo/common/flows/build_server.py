"""Build a server: choose a host, connect its ports there, boot it, say that it is ACTIVE.

    step         runs at           undone by
    claim        the scheduler     giving the host's room back, unbinding the ports
    plug_ports   the network agent taking the ports' devices away
    boot         the compute agent destroying the domain and its files
    settle       the scheduler     nothing: what ends undone becomes ERROR when the flow ends

The state begins with server_id and ports (ids), of which there may be none; claim adds host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network_for_ports, at_scheduler

FLOW = Flow(
    name="build_server",
    resource_type="server",
    steps=(
        Step("claim", at_scheduler),
        Step("plug_ports", at_network_for_ports),
        Step("boot", at_compute),
        Step("settle", at_scheduler),
    ),
)
