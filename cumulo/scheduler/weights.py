"""Which of the fitting hosts is best: the one with the most free memory; equals are drawn by lot."""

import random
from collections.abc import Sequence

from cumulo.scheduler.filters import Host


def best(hosts: Sequence[Host], seed: int) -> Host:
    """Choose one of at least one host; the same seed and hosts give the same choice."""
    most = max(free_memory_mib(host) for host in hosts)
    equals = sorted((host for host in hosts if free_memory_mib(host) == most), key=lambda host: host.name)
    return random.Random(seed).choice(equals)


def free_memory_mib(host: Host) -> int:
    """Memory that no server claimed; negative on a host filled beyond what it has."""
    return host.memory_mib - host.used_memory_mib
