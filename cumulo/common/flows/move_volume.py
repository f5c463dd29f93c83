"""Move a volume that a server has to another backend, which may be on another host; a running guest notices nothing.

    step            runs at                         undone by
    choose_backend  the scheduler                   giving the room there back; or saying that the volume is there, where it is
    make_target     the volume agent of the target  removing what was made; nothing once the guest uses it
    receive_volume  the same                        the same; for a server that is off: nobody writes, so the agents copy
    export_target   the same                        making it unreachable; nothing once the guest uses it
    replace_disk    the compute agent               as in swap_volume; nowhere for a server that is off
    switch_used     the scheduler                   nothing: it is the last step

The guest's QEMU copies the volume and goes over at one moment, after which the copy is the volume (landed). What it leaves
behind goes by clear_volume, which follows. The server takes its turn with everything else that is done to it; the volume's
row says moving_to meanwhile, and whoever wants to change it is told so.

The state begins with server_id, host, attachment_id, volume_id, old_volume_id (the same), device, read_only, backend,
size_gib, is_off, and with to_backend or type_id, as those of migrate_volume and retype_volume; limits where the volume has some.
choose_backend adds target (host@name) and target_host, export_target adds connection.
"""

from cumulo.common.operations.step import Flow, State, Step, at_compute, at_scheduler, at_volume_target


def at_target(state: State) -> str | None:
    """The step runs at the volume agent of the target, nowhere once the guest uses the copy."""
    return None if state.get("landed") else at_volume_target(state)


def at_target_for_guest(state: State) -> str | None:
    """The same, and nowhere for a server that is off."""
    return None if state.get("is_off") else at_target(state)


def at_target_for_agents(state: State) -> str | None:
    """The same for a server that is off alone."""
    return at_target(state) if state.get("is_off") else None


def at_guest(state: State) -> str | None:
    """The step runs at the compute agent of the server, nowhere for one that is off."""
    return None if state.get("is_off") else at_compute(state)


FLOW = Flow(
    name="move_volume",
    resource_type="server",
    steps=(
        Step("choose_backend", at_scheduler),
        Step("make_target", at_target_for_guest),
        Step("receive_volume", at_target_for_agents),
        Step("export_target", at_target),
        Step("replace_disk", at_guest),
        Step("switch_used", at_scheduler),
    ),
)
