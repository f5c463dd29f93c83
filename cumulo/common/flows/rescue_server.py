"""Rescue a server: booted from a rescue disk, with its own disk as the second.

    step        runs at            undone by
    rescue      the compute agent  removing the rescue disk; a server that ran is started as it was
    settle      the scheduler      nothing

The state begins with server_id, host and begins (the status it had), and boot_image where another image than the
server's own is to rescue it.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="rescue_server",
    resource_type="server",
    steps=(Step("rescue", at_compute), Step("settle", at_scheduler)),
)
