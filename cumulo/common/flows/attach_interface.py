"""Give a server another network card, while it runs where it does.

    step         runs at            undone by
    bind         the scheduler      taking the port from the server: made for it, it is deleted
    plug_ports   the network agent  taking the port's device away
    plug_card    the compute agent  taking the card out of the guest

The state begins with server_id, host, port_id and ports (that port).
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_network, at_scheduler

FLOW = Flow(
    name="attach_interface",
    resource_type="server",
    steps=(
        Step("bind", at_scheduler),
        Step("plug_ports", at_network),
        Step("plug_card", at_compute),
    ),
)
