"""Backups of volumes, what their targets hold, and what quotas count of them."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import BackupHoldings
from cumulo.scheduler.audit.facts import Facts, volume_target

KINDS = {
    "backup_waits_for_nobody": "A backup is being made or taken over, but no operation does it.",
    "backup_without_data": "A backup's data, or that of the one it was compared with, is not on the target.",
    "backup_without_row": "A target holds a backup that no row names; it may be imported, or deleted by hand.",
    "backup_half_made": "A target holds a half made backup that nobody is making.",
    "backup_quota_differs": "The quota check counts something else than the project's backups have.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every backup, and all that the targets that were heard have of them."""
    for each in facts.database.backups:
        if each.status == "creating" and each.id not in facts.active:
            yield Difference("backup_waits_for_nobody", each.id, f"backup {each.id} is creating", "no operation is under way",
                             server_id=each.id)
    for host, held in sorted(facts.backups.items()):
        yield from _target(facts, host, held)
    yield from _quotas(facts)


def _target(facts: Facts, host: str, held: BackupHoldings) -> Iterator[Difference]:
    heard = (volume_target(host),)

    def differs(kind: str, location: str, of: str, one: str, other: str) -> Difference:
        return Difference(kind, of, one, other, host=host, server_id=of, heard=heard, mark=location)

    named, whole = {each.location: each for each in facts.database.backups}, set(held.whole)
    for each in facts.database.backups:
        reaches = each.status == "available" and (held.shared if not each.bound else each.host == host and not held.shared)
        for location in (each.location, each.parent_location):
            if reaches and location is not None and location not in whole:
                yield differs("backup_without_data", location, each.id, f"backup {each.id} is available",
                              f"the target of host {host} does not have {location}")
    for location in held.whole:
        if location not in named:
            yield differs("backup_without_row", location, location, f"the target of host {host} has {location}", "no row names it")
    for location in held.partial:
        of = named[location].id if location in named else location
        yield differs("backup_half_made", location, of, f"the target of host {host} has a half made {location}",
                      "nobody is making it")


def _quotas(facts: Facts) -> Iterator[Difference]:
    counted: dict[str, tuple[int, int]] = {}
    for each in facts.database.backups:
        before = counted.get(each.project_id, (0, 0))
        counted[each.project_id] = (before[0] + 1, before[1] + each.size_gib)
    usage = facts.database.backup_usage
    for project_id in sorted(counted.keys() | usage.keys()):
        used, has = usage.get(project_id, (0, 0)), counted.get(project_id, (0, 0))
        if used != has:
            yield Difference("backup_quota_differs", project_id, f"quota of project {project_id} counts {_size(used)}",
                             f"it has {_size(has)}")


def _size(usage: tuple[int, int]) -> str:
    return f"{usage[0]} backups of {usage[1]} GiB"
