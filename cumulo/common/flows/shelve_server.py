"""Shelve a server: its disk becomes an image, unless it boots from a volume, and it is off.

    step         runs at            undone by
    hold_image   the scheduler      removing the image          this, snapshot and upload only where it has an image_id
    power_down   the compute agent  starting it again, if it ran
    snapshot     the compute agent  removing the file
    upload       the compute agent  nothing
    shelve       the scheduler      nothing: it says SHELVED, and which image is the server's

Where servers are to leave their hosts at once, offload_server follows in the transaction that ends this.
The state begins with server_id, host, begins (the status it had), image_id, format and offload.
"""

from cumulo.common.operations.step import Flow, State, Step, at_compute, at_scheduler


def at_scheduler_with_image(state: State) -> str | None:
    """The step runs in the runner itself, nowhere for a server that becomes no image."""
    return at_scheduler(state) if state.get("image_id") else None


def at_compute_with_image(state: State) -> str | None:
    """The step runs at the server's host, nowhere for a server that becomes no image."""
    return at_compute(state) if state.get("image_id") else None


FLOW = Flow(
    name="shelve_server",
    resource_type="server",
    steps=(
        Step("hold_image", at_scheduler_with_image),
        Step("power_down", at_compute),
        Step("snapshot", at_compute_with_image),
        Step("upload", at_compute_with_image),
        Step("shelve", at_scheduler),
    ),
)
