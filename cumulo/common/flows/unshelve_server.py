"""Bring back a server that has left its host: as a build, from the image it was shelved as.

    step         runs at            undone by
    claim        the scheduler      giving the host's room back, unbinding the ports
    plug_ports   the network agent  taking the ports' devices away
    export_volumes the volume agents nothing: what no attachment needs is not kept open
    boot         the compute agent  destroying the domain and its files
    unshelve     the scheduler      nothing: it says ACTIVE, and removes the image

Undone, the server stays SHELVED_OFFLOADED. The state begins with server_id, ports, volumes and to_host (null: any).
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler, at_volume_to_open

FLOW = Flow(
    name="unshelve_server",
    resource_type="server",
    steps=(
        Step("claim", at_scheduler),
        Step("plug_ports", at_network),
        Step("export_volumes", at_volume_to_open, repeats=True),
        Step("boot", at_compute),
        Step("unshelve", at_scheduler),
    ),
)
