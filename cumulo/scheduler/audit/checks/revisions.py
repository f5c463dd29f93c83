"""Revisions of networks, and how far hosts have got."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.scheduler.audit.facts import Facts

KINDS = {
    "host_behind": "A host has not reached the revision that a network with ports there needs.",
    "host_ahead": "A host has reached a revision that was never given out.",
    "revision_ahead": "A network has a revision that was never given out.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Compare every network's revision with the counter, and every host's with its networks'."""
    database = facts.database
    for network_id, revision in database.changes.items():
        if revision > database.revision:
            yield Difference("revision_ahead", network_id, f"network {network_id} has revision {revision}",
                             f"the newest is {database.revision}")
    for host, revision in database.applied.items():
        if revision > database.revision:
            yield Difference("host_ahead", host, f"host {host} has reached revision {revision}",
                             f"the newest is {database.revision}", host=host)
    needed: dict[str, int] = {}
    for port in database.ports:
        if port.host:
            needed[port.host] = max(needed.get(port.host, 0), database.changes.get(port.network_id, 0))
    for host, revision in sorted(needed.items()):
        reached = database.applied.get(host, 0)
        if reached < revision:
            # Marked with how far it got: a host that follows along is another one at the next look.
            yield Difference("host_behind", host, f"host {host} has reached revision {reached}",
                             f"its networks are at {revision}", host=host, mark=str(reached))
