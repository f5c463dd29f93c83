"""Give a running server another volume in the place of one that it has; its guest reads on what it read, and notices nothing.

    step           runs at            undone by
    hold_swap      the scheduler      forgetting the new attachment; or saying that the guest has the new volume, where it has
    export_volume  the volume agent   making the new volume unreachable; nothing where the guest has it
    replace_disk   the compute agent  ending the copy; it says whether the guest has gone over by then (landed)
    settle_swap    the scheduler      nothing: it is the last step

QEMU copies the volume and goes over at one moment: what the guest writes afterwards is on the new volume alone. So no undo
takes that back: one that finds the guest gone over says landed, and the ones before it write down what is so.

The state begins as that of attach_volume, for the new volume, with old_volume_id, old_attachment_id and old_backend besides,
with grows_to (GiB) where the new volume is larger, and with delete_on_termination where somebody has said it.
"""

from cumulo.common.operations.step import Flow, State, Step, at_compute, at_scheduler, at_volume_of


def at_volume_unless_landed(state: State) -> str | None:
    """The step runs at the volume agent of the new volume, nowhere once the guest has that."""
    return None if state.get("landed") else at_volume_of(state)


FLOW = Flow(
    name="swap_volume",
    resource_type="server",
    steps=(
        Step("hold_swap", at_scheduler),
        Step("export_volume", at_volume_unless_landed),
        Step("replace_disk", at_compute),
        Step("settle_swap", at_scheduler),
    ),
)
