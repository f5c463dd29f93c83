"""Move a running server to another host; its guest notices no more than a moment of silence.

    step         runs at                    undone by
    survey       the source's agent         nothing: it tells how the guest is, for the server's row
    reserve      the scheduler              giving the room back
    export_volumes the volume agents        nothing: what no attachment needs is not kept open
    expect       the target's agent         removing what was made; a guest that is there already stays
    plug_ahead   the target's network       the ports are expected there no more
    migrate      the source's agent         stopping it; it tells whether the guest has left (landed)
    switch       the scheduler              the same the other way round

Until switch the server's row, claim and ports name the source, and the row of server_move is the room on the target; both
hosts have the ports from plug_ahead on. QEMU itself decides the moment at which the guest is on the one host or the other,
so no undo takes it back: one that finds the guest gone says landed, and the ones before it leave the guest where it is.
What follows either way is land_server (cumulo/scheduler/finish.py).

The state begins with server_id, host, source (the same), ports, volumes, begins (the status), flavor_id, flavor and to_host (or
null). survey adds coming, reserve target, expect to, and while migrate runs its progress is there too. Who wants it stopped,
or over with sooner, says abort or hurry in it. Hosts share no disks: they are copied while the guest goes on writing. Volumes are not: both hosts open them, and from switch on the attachments
name the target.
"""

from cumulo.common.operations.step import Flow, State, Step, at_compute, at_network, at_scheduler, at_volume_to_open


def at_target(state: State) -> str | None:
    """The step runs at the compute agent of the host that the server moves to, nowhere while none is chosen."""
    return at_compute({"host": state.get("target")})


def at_target_network(state: State) -> str | None:
    """Likewise at its network agent."""
    return at_network({"host": state.get("target")})


FLOW = Flow(
    name="live_migrate_server",
    resource_type="server",
    steps=(
        Step("survey", at_compute),
        Step("reserve", at_scheduler),
        Step("export_volumes", at_volume_to_open, repeats=True),
        Step("expect", at_target),
        Step("plug_ahead", at_target_network),
        Step("migrate", at_compute),
        Step("switch", at_scheduler),
    ),
)
