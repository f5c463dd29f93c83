"""Give a server another size, another host, or both; it can go back until somebody confirms.

    step         runs at                    undone by
    choose       the scheduler              giving the new room back, removing the image
    power_down   the old host's agent       starting it again, if it ran
    keep_disk    the old host's agent       removing the copy      only where the disk grows and the server stays
    snapshot     the old host's agent       removing the file      only where it leaves, and does not boot from a volume
    upload       the old host's agent       nothing                likewise
    export_volumes the volume agents        nothing: what no attachment needs is not kept open
    move         the scheduler              the same the other way round
    follow_ports the new host's network     nothing: bindings say where ports are
    arrive       the new host's agent       leaving it: its files there, or its size, are given up
    moved        the scheduler              nothing: it says VERIFY_RESIZE, and removes the image

Hosts share no disks: a server that leaves goes through the image service, as it does when it is shelved. From move on the
claim is the new room, and the row of server_move the old one. The state begins with server_id, host, source (the same),
ports, begins, ends, flavor_id, flavor, stay (whether it may stay, must, or must not), to_host, image_id and format; choose
adds target, and image_id as boot_image where it leaves. volumes are the server's, each with connection null until
export_volumes; boots_from_volume says that it has no disk to take along.
"""

from cumulo.common.operations.step import Flow, State, Step, at_compute, at_network, at_scheduler, at_volume_to_open


def at_compute_where_it_stays(state: State) -> str | None:
    """The step runs at the server's host if that is to be its next one too, or may be."""
    return at_compute(state) if state.get("target") in (None, state.get("source")) else None


def at_compute_where_it_leaves(state: State) -> str | None:
    """The step runs at the server's host if that is not to be its next one, or may not be."""
    if state.get("boots_from_volume"):
        return None
    return at_compute(state) if state.get("target") is None or state["target"] != state.get("source") else None


FLOW = Flow(
    name="resize_server",
    resource_type="server",
    steps=(
        Step("choose", at_scheduler),
        Step("power_down", at_compute),
        Step("keep_disk", at_compute_where_it_stays),
        Step("snapshot", at_compute_where_it_leaves),
        Step("upload", at_compute_where_it_leaves),
        Step("export_volumes", at_volume_to_open, repeats=True),
        Step("move", at_scheduler),
        Step("follow_ports", at_network),
        Step("arrive", at_compute),
        Step("moved", at_scheduler),
    ),
)
