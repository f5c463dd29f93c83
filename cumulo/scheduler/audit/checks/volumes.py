"""Volumes and snapshots, what their backends hold, and what quotas count of them."""

from collections.abc import Callable, Iterator

from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.scheduler.audit.facts import Facts, Snapshot, Volume, compute_target, volume_target
from cumulo.volume import attachments, moves, states

KINDS = {
    "volume_waits_for_nobody": "A volume or a snapshot is being made or moved, but no operation does it.",
    "volume_not_on_backend": "A volume is not on the backend where it should be.",
    "volume_smaller": "A volume is smaller on its backend than its row says.",
    "volume_without_row": "A backend has a volume that no row names.",
    "volume_half_made": "A backend has a half made volume or snapshot that nobody is making.",
    "volume_quota_differs": "The quota check counts something else than the project's volumes and snapshots have.",
    "volume_in_no_use": "A volume says that it is in use, and no attachment says by whom; or the other way round.",
    "volume_offered_to_nobody": "A volume says that it awaits a transfer, and there is none; or the other way round.",
    "group_not_forgotten": "A group of volumes, or a snapshot of one, is being deleted, and nothing is left in it.",
    "attachment_of_missing_server": "A volume is attached to a server that is not there, or is deleted.",
    "attachment_waits_for_nobody": "A volume is on its way to a server or from it, and no operation brings it there.",
    "disk_missing": "A running domain lacks a volume that is attached to its server.",
    "disk_without_attachment": "A running domain has a volume that is not attached to its server.",
    "export_missing": "A volume is attached over the network, and its backend does not serve it.",
    "export_without_attachment": "A backend serves a volume that is attached to nothing.",
    "snapshot_not_on_backend": "A snapshot is not on its volume's backend.",
    "snapshot_without_row": "A backend has a snapshot that no row names.",
}
#: A volume or snapshot that came to nothing, or whose state somebody wrote by hand, may be there or not.
SETTLED = ("available", "in-use", "reserved", "attaching", "detaching", "awaiting-transfer")


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every volume and snapshot, and all that the backends that were heard have of them."""
    yield from _waiting(facts)
    for name, held in sorted(facts.volume_backends.items()):
        yield from _backend(facts, name, held)
    yield from _attachments(facts)
    yield from _transfers(facts)
    yield from _groups(facts)
    yield from _disks(facts)
    yield from _quotas(facts)


def _attachments(facts: Facts) -> Iterator[Difference]:
    used: dict[str, set[str]] = {}
    for each in facts.database.attachments:
        used.setdefault(each.volume_id, set()).add(each.status)
        server = facts.servers.get(each.server_id or "")
        one = f"volume {each.volume_id} is {each.status} to server {each.server_id}"
        if not each.managed or each.server_id in facts.active:
            continue
        if server is None or server.deleted_at is not None:
            yield Difference("attachment_of_missing_server", each.volume_id, one, "there is no such server",
                             server_id=each.server_id, mark=each.id)
        elif each.status != "attached":
            yield Difference("attachment_waits_for_nobody", each.volume_id, one, "no operation is under way",
                             server_id=each.server_id, mark=each.id)
    for volume in facts.database.volumes:
        is_used = attachments.status_of(used.get(volume.id, ())) == states.IN_USE
        if (volume.status == states.IN_USE) != is_used and volume.status in SETTLED:
            yield Difference("volume_in_no_use", volume.id, f"volume {volume.id} is {volume.status}",
                             f"its attachments are {', '.join(sorted(used.get(volume.id, ()))) or 'none'}", server_id=volume.id)


def _groups(facts: Facts) -> Iterator[Difference]:
    for its_id in facts.database.empty_groups:
        yield Difference("group_not_forgotten", its_id, f"group or group snapshot {its_id} is being deleted", "nothing is in it")


def _transfers(facts: Facts) -> Iterator[Difference]:
    for volume in facts.database.volumes:
        is_offered = volume.id in facts.database.transfers
        if (volume.status == "awaiting-transfer") != is_offered:
            yield Difference("volume_offered_to_nobody", volume.id, f"volume {volume.id} is {volume.status}",
                             "there is a transfer of it" if is_offered else "there is no transfer of it", server_id=volume.id)


def _disks(facts: Facts) -> Iterator[Difference]:
    """What running domains have must be attached to their servers, and what is attached must be there."""
    wanted: dict[str, set[str]] = {}
    for each in facts.database.attachments:
        if each.managed and each.server_id and each.status in ("attached", "detaching"):
            wanted.setdefault(each.server_id, set()).add(each.volume_id)
    for host, holdings in sorted(facts.compute.items()):
        for held in holdings.servers:
            if held.power != "running" or held.server_id not in facts.servers:
                continue
            has, wants = set(held.volumes), wanted.get(held.server_id, set())
            for kind, ids, there in (("disk_missing", wants - has, "lacks"), ("disk_without_attachment", has - wants, "has")):
                for volume_id in sorted(ids):
                    yield Difference(kind, held.server_id, f"domain {held.server_id} on host {host} {there} volume {volume_id}",
                                     "it is attached" if there == "lacks" else "it is not attached", host=host,
                                     server_id=held.server_id, heard=(compute_target(host),), mark=volume_id)


def _waiting(facts: Facts) -> Iterator[Difference]:
    # What a server is being built with is made once it has a host.
    built = {each.volume_id for each in facts.database.attachments if each.server_id in facts.active}
    for kind, rows in (("volume", facts.database.volumes), ("snapshot", facts.database.snapshots)):
        for row in rows:
            if row.status == "creating" and row.id not in facts.active and row.id not in built:
                yield Difference("volume_waits_for_nobody", row.id, f"{kind} {row.id} is creating",
                                 "no operation is under way", server_id=row.id)
    for volume in facts.database.volumes:  # by an operation of its own, or of the server that has it
        if volume.moving_to is not None and volume.id not in facts.active and volume.id not in built:
            yield Difference("volume_waits_for_nobody", volume.id, f"volume {volume.id} is moving to {volume.moving_to}",
                             "no operation is under way", server_id=volume.id, mark="moving")


def _backend(facts: Facts, name: str, held: BackendHoldings) -> Iterator[Difference]:
    host = name.rpartition("@")[0]
    heard = (volume_target(host),)

    def differs(kind: str, its_id: str, one: str, other: str) -> Difference:
        return Difference(kind, its_id, one, other, host=host, server_id=its_id, heard=heard)

    volumes = {each.id: each for each in facts.database.volumes}
    snapshots = {each.id: each for each in facts.database.snapshots}
    sizes = dict(held.volumes)
    for each in _wanted(facts, name):
        if each.id not in sizes:
            yield differs("volume_not_on_backend", each.id, f"volume {each.id} is {each.status}", f"{name} does not have it")
        elif sizes[each.id] < each.size_gib:
            yield differs("volume_smaller", each.id, f"volume {each.id} has {each.size_gib} GiB",
                          f"{name} has {sizes[each.id]} GiB of it")
    for its_id in sizes:
        is_left = moves.leftover_id(its_id, name) in facts.active
        if not is_left and (its_id not in volumes or name not in (volumes[its_id].backend, volumes[its_id].moving_to)):
            yield differs("volume_without_row", its_id, f"{name} has volume {its_id}", "no volume of it is there")
    for snapshot in _wanted_snapshots(facts, name, volumes):
        if snapshot.id not in held.snapshots:
            yield differs("snapshot_not_on_backend", snapshot.id, f"snapshot {snapshot.id} is {snapshot.status}",
                          f"{name} does not have it")
    for its_id in held.snapshots:
        if its_id not in snapshots:
            yield differs("snapshot_without_row", its_id, f"{name} has snapshot {its_id}", "no such snapshot is there")
    yield from _exports(facts, name, held, differs)
    for its_id in held.partial:
        yield differs("volume_half_made", its_id, f"{name} has a half made {its_id}", "nobody is making it")


def _exports(facts: Facts, name: str, held: BackendHoldings, differs: Callable[..., Difference]) -> Iterator[Difference]:
    """What is served must be attached, and what is attached over the network must be served."""
    if held.exports is None:
        return
    here = {each.id for each in facts.database.volumes if each.backend == name}
    coming = {each.id for each in facts.database.volumes if each.moving_to == name}
    used = [each for each in facts.database.attachments if each.volume_id in here]
    for each in used:
        if each.status == "attached" and attachments.is_served(each.connection) and each.server_id not in facts.active and (
                each.volume_id not in held.exports):
            yield differs("export_missing", each.volume_id, f"volume {each.volume_id} is attached to server {each.server_id}",
                          f"{name} does not serve it")
    for its_id in sorted({*held.exports} - {each.volume_id for each in used} - coming):
        yield differs("export_without_attachment", its_id, f"{name} serves volume {its_id}", "it is attached to nothing")


def _wanted(facts: Facts, name: str) -> Iterator[Volume]:
    return (each for each in facts.database.volumes if each.backend == name and each.status in SETTLED)


def _wanted_snapshots(facts: Facts, name: str, volumes: dict[str, Volume]) -> Iterator[Snapshot]:
    return (each for each in facts.database.snapshots if each.status in SETTLED and each.volume_id in volumes
            and volumes[each.volume_id].backend == name and each.volume_id not in facts.busy)


def _quotas(facts: Facts) -> Iterator[Difference]:
    counted: dict[str, tuple[int, int, int]] = {}
    for volume in facts.database.volumes:
        _add(counted, volume.project_id, 1, 0, volume.growing_gib or volume.size_gib)
    for snapshot in facts.database.snapshots:
        _add(counted, snapshot.project_id, 0, 1, snapshot.size_gib)
    usage = facts.database.volume_usage
    for project_id in sorted(counted.keys() | usage.keys()):
        used, has = usage.get(project_id, (0, 0, 0)), counted.get(project_id, (0, 0, 0))
        if used != has:
            yield Difference("volume_quota_differs", project_id, f"quota of project {project_id} counts {_size(used)}",
                             f"it has {_size(has)}")


def _add(counted: dict[str, tuple[int, int, int]], project_id: str, volumes: int, snapshots: int, gib: int) -> None:
    before = counted.get(project_id, (0, 0, 0))
    counted[project_id] = (before[0] + volumes, before[1] + snapshots, before[2] + gib)


def _size(usage: tuple[int, int, int]) -> str:
    return f"{usage[0]} volumes, {usage[1]} snapshots, {usage[2]} GiB"
