"""What a server has of its host for itself, as JSON. Pure."""

from collections.abc import Sequence
from typing import Any

from cumulo.compute.fits import Fit, FitCell


def topology(given: Fit | None, *, threads: int, with_host: bool) -> dict[str, Any]:
    """Return the cells that a guest sees, and which of its processors are threads of one core.

    with_host: with the host's cells and processors that they are.
    """
    found = given.cells if given is not None else ()
    return {"nodes": [_node(cell, threads, with_host) for cell in found], "pagesize_kb": found[0].page_kib if found else None}


def _node(cell: FitCell, threads: int, with_host: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"vcpu_set": list(cell.cpus), "memory_mb": cell.memory_mib, "siblings": _siblings(cell.cpus, threads)}
    if with_host:
        shown |= {"host_node": cell.host_cell, "cpu_pinning": {str(guest): host for guest, host in cell.pins}}
    return shown


def _siblings(cpus: Sequence[int], threads: int) -> list[list[int]]:
    cores: dict[int, list[int]] = {}
    for cpu in cpus:
        cores.setdefault(cpu // threads, []).append(cpu)
    return [core for core in cores.values() if len(core) > 1]
