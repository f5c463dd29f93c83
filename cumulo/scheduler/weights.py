"""Which of the fitting hosts is best: the one the server's group would rather have, then the one with the most free
memory; equals are drawn by lot.
"""

import random
from collections.abc import Sequence

from cumulo.scheduler.filters import Host, Request


def best(hosts: Sequence[Host], request: Request, seed: int) -> Host:
    """Choose one of at least one host; the same seed, request and hosts give the same choice."""
    most = max(_weight(host, request) for host in hosts)
    equals = sorted((host for host in hosts if _weight(host, request) == most), key=lambda host: host.name)
    return random.Random(seed).choice(equals)


def _weight(host: Host, request: Request) -> tuple[int, int]:
    return wish(host, request), free_memory_mib(host)


def wish(host: Host, request: Request) -> int:
    """How much a group with a soft policy would like the host: the more the better."""
    group = request.group
    if group is None or not group.policy.startswith("soft-"):
        return 0
    members = group.hosts.count(host.name)
    return members if group.policy == "soft-affinity" else -members


def free_memory_mib(host: Host) -> int:
    """Memory that no server claimed; negative on a host filled beyond what it has."""
    return host.memory_mib - host.used_memory_mib
