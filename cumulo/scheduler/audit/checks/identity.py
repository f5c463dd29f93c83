"""Trees of projects and rules of roles: what the code holds together without an index that would hold it."""

from collections.abc import Iterator, Mapping

from cumulo.common.audit.difference import Difference
from cumulo.scheduler.audit.facts import Facts, Project

KINDS = {
    "project_elsewhere": "A project is in another domain than the project it stands below.",
    "project_below_disabled": "An enabled project stands below a disabled one.",
    "project_below_itself": "Projects stand below one another in a circle.",
    "role_implies_itself": "Roles imply one another in a circle.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Name every project whose parent does not fit, and every circle."""
    projects = {each.id: each for each in facts.database.projects}
    for each in facts.database.projects:
        parent = projects.get(each.parent_id or "")
        if parent is not None:  # one that is not there is row_names_nothing
            yield from _about(each, parent)
    for project_id in _in_circles({each.id: {each.parent_id} for each in projects.values() if each.parent_id}):
        yield Difference("project_below_itself", project_id, f"project {project_id} stands below "
                         f"{projects[project_id].parent_id}", "which stands below it")
    implied: dict[str, set[str]] = {}
    for prior, after in facts.database.implied_roles:
        implied.setdefault(prior, set()).add(after)
    for role_id in _in_circles(implied):
        yield Difference("role_implies_itself", role_id, f"role {role_id} implies others", "one of which implies it")


def _about(each: Project, parent: Project) -> Iterator[Difference]:
    if each.domain_id != parent.domain_id:
        yield Difference("project_elsewhere", each.id, f"project {each.id} is in domain {each.domain_id}",
                         f"its parent {parent.id} is in domain {parent.domain_id}")
    if each.enabled and not parent.enabled:
        yield Difference("project_below_disabled", each.id, f"project {each.id} is enabled",
                         f"its parent {parent.id} is disabled")


def _in_circles(leads_to: Mapping[str, set[str]]) -> list[str]:
    """Return what leads back to itself, in a stable order."""
    return [start for start in sorted(leads_to) if start in _reached(start, leads_to)]


def _reached(start: str, leads_to: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for after in sorted(leads_to.get(waiting.pop(), ())):
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return reached
