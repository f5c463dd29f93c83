"""Say that a server that was resized or moved stays so: what it was before is given up.

    step        runs at
    clean       the old host's agent   the server's files there, or the copy of its disk
    confirm     the scheduler          the old room is given back, the server is what it was: ACTIVE or SHUTOFF

What was given up does not come back, so a step that fails is tried again until the deadline. The state begins with server_id, host, source, and
ends.
"""

from cumulo.common.operations.step import Flow, State, Step, at_compute, at_scheduler


def at_source(state: State) -> str | None:
    """The step runs at the compute agent of the host that the server came from: its own where it never left."""
    return at_compute({"host": state.get("source") or state.get("host")})


FLOW = Flow(
    name="confirm_resize",
    resource_type="server",
    steps=(
        Step("clean", at_source),
        Step("confirm", at_scheduler),
    ),
    forward_only=True,
)
