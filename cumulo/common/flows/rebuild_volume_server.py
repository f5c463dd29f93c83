"""Rebuild a server that boots from a volume: the same server, host, ports, addresses and volumes; the root volume gets another image.

    step            runs at            undone by
    wipe            the compute agent  nothing: off, and without the files that are made from its facts
    order_image     the scheduler      waiting until nothing is written to the volume any more
    await_image     the scheduler      nothing
    export_volumes  the volume agents  nothing: what no attachment needs is not kept open
    respawn         the compute agent  nothing: made anew, and started unless it was off
    settle          the scheduler      nothing

The volume gets what the image holds by an operation of its own (reimage_volume), which other changes of it meet as they meet
any. Nothing brings the old data back: a rebuild that fails leaves the server in ERROR, and may be asked for again.

The state begins with server_id, host, keep_ephemeral, ends (a status), volumes (the root volume), asked_by and image: source and
about as reimage_volume has them, or null where the volume stays as it is. order_image adds reimage, the id of that operation.
"""

from cumulo.common.operations.step import SCHEDULER, Flow, State, Step, at_compute, at_scheduler, at_volume_to_open


def at_scheduler_with_image(state: State) -> str | None:
    """The step runs in the runner itself, nowhere for a volume that stays as it is."""
    return SCHEDULER if state.get("image") else None


FLOW = Flow(
    name="rebuild_volume_server",
    resource_type="server",
    steps=(
        Step("wipe", at_compute),
        Step("order_image", at_scheduler_with_image),
        Step("await_image", at_scheduler_with_image),
        Step("export_volumes", at_volume_to_open, repeats=True),
        Step("respawn", at_compute),
        Step("settle", at_scheduler),
    ),
)
