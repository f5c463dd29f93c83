"""Shelve a server: its disk becomes an image, and it is off.

    step         runs at            undone by
    hold_image   the scheduler      removing the image
    power_down   the compute agent  starting it again, if it ran
    snapshot     the compute agent  removing the file
    upload       the compute agent  nothing
    shelve       the scheduler      nothing: it says SHELVED, and which image is the server's

Where servers are to leave their hosts at once, offload_server follows in the transaction that ends this.
The state begins with server_id, host, begins (the status it had), image_id, format and offload.
"""

from cumulo.common.operations.step import Flow, Step, at_compute, at_scheduler

FLOW = Flow(
    name="shelve_server",
    resource_type="server",
    steps=(
        Step("hold_image", at_scheduler),
        Step("power_down", at_compute),
        Step("snapshot", at_compute),
        Step("upload", at_compute),
        Step("shelve", at_scheduler),
    ),
)
