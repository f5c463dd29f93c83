"""What a project's quota counts, and what its servers are."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.scheduler.audit.facts import Facts

KINDS = {
    "quota_differs": "The quota check counts something else than the project's servers have by their flavors.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Count every project's living servers by their flavors and compare with what the quota check counts."""
    counted: dict[str, tuple[int, int, int]] = {}
    for server in facts.living:
        servers, vcpus, memory_mib = counted.get(server.project_id, (0, 0, 0))
        flavor = server.flavor
        counted[server.project_id] = (servers + 1, vcpus + flavor["vcpus"], memory_mib + flavor["memory_mib"])
    usage = facts.database.usage
    for project_id in sorted(counted.keys() | usage.keys()):
        used, has = usage.get(project_id, (0, 0, 0)), counted.get(project_id, (0, 0, 0))
        if used != has:
            yield Difference("quota_differs", project_id, f"quota of project {project_id} counts {_size(used)}",
                             f"its servers have {_size(has)}")


def _size(usage: tuple[int, int, int]) -> str:
    return f"{usage[0]} servers, {usage[1]} vcpus, {usage[2]} MiB"
