"""Bring a server of a host that is down to another one, where it is made anew from its image; its volumes follow it.

    step        runs at                undone by
    refuge      the scheduler          the same the other way round: it stays on the host that is down
    plug_ports  the new host's network taking the ports away
    export_volumes the volume agents   nothing: what no attachment needs is not kept open
    boot        the new host's agent   leaving nothing of it there
    settle      the scheduler          nothing

The host is fenced before any of this (it was declared down): nothing is asked of it. What it still has of the server is
written down (host_leftover) and removed when it is back, before it may take the server again.

The state begins with server_id, host, source (the same), ports, volumes, flavor_id, flavor, to_host (or null) and ends.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler, at_volume_to_open

FLOW = Flow(
    name="evacuate_server",
    resource_type="server",
    steps=(Step("refuge", at_scheduler), Step("plug_ports", at_network),
           Step("export_volumes", at_volume_to_open, repeats=True), Step("boot", at_compute), Step("settle", at_scheduler)),
)
