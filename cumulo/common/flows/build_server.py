"""Build a server: choose a host, connect its ports there, make its volumes, boot it, say that it is ACTIVE.

    step           runs at            undone by
    claim          the scheduler      giving the host's room back, unbinding the ports
    plug_ports     the network agent  taking the ports' devices away
    order_volumes  the scheduler      nothing: what becomes of its volumes is decided when the flow ends (finish.py)
    gather_volumes the scheduler      nothing; it waits until they are made
    export_volumes the volume agents  nothing: what no attachment needs is not kept open
    boot           the compute agent  destroying the domain and its files
    settle         the scheduler      nothing: what ends undone becomes ERROR when the flow ends

The state begins with server_id, ports (ids), of which there may be none, and volumes: those that are there already, each
with connection null. Where new ones are to be made, new_volumes says of what, and asked_by in whose name. claim adds host,
gather_volumes the new ones among volumes, export_volumes how the host opens each.
"""

from cumulo.common.operations.step import (
    Flow,
    Step,
    at_compute,
    at_network_for_ports,
    at_scheduler,
    at_scheduler_for_new_volumes,
    at_volume_to_open,
)

FLOW = Flow(
    name="build_server",
    resource_type="server",
    steps=(
        Step("claim", at_scheduler),
        Step("plug_ports", at_network_for_ports),
        Step("order_volumes", at_scheduler_for_new_volumes),
        Step("gather_volumes", at_scheduler_for_new_volumes),
        Step("export_volumes", at_volume_to_open, repeats=True),
        Step("boot", at_compute),
        Step("settle", at_scheduler),
    ),
)
