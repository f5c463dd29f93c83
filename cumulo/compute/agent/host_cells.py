"""Which of a host's processors guests share and which they may have for themselves, by its configuration. Pure.

    cpu_dedicated_set   processors that are given to one guest each
    cpu_shared_set      processors that all other guests run on; those that are left where it is empty
"""

import dataclasses
import os
from collections.abc import Iterable, Sequence

from cumulo.common import errors
from cumulo.compute import cpu_lists, passthrough
from cumulo.compute.fits import Device, HostCell


@dataclasses.dataclass(frozen=True)
class Shares:
    """What a host gives away; shared is None where guests may run on every processor."""

    dedicated: frozenset[int] = frozenset()
    shared: frozenset[int] | None = None
    devices: tuple[passthrough.Given, ...] = ()


def shares(dedicated: str, shared: str, devices: Iterable[str]) -> Shares:
    """Read the options; raises ValueError for what they cannot mean."""
    try:
        own, common = cpu_lists.read(dedicated), cpu_lists.read(shared)
    except errors.BadRequest as failure:
        raise ValueError(f"[compute_agent] cpu_dedicated_set, cpu_shared_set: {failure.message}") from failure
    if own & common:
        raise ValueError("[compute_agent] cpu_dedicated_set and cpu_shared_set both have the processors "
                         + cpu_lists.write(own & common))
    return Shares(own, common or None, passthrough.given(devices))


def configured(given: Shares) -> str:
    """Return the processors that guests without own ones run on, as libvirt reads them; empty where they are all."""
    if given.shared is not None:
        return cpu_lists.write(given.shared)
    there = frozenset(range(os.cpu_count() or 1))
    return cpu_lists.write(there - given.dedicated) if given.dedicated else ""


def parted(cells: Sequence[HostCell], given: Shares) -> list[HostCell]:
    """Return the cells of a host, whose processors are all shared, with those set apart that are not."""
    return [dataclasses.replace(
        cell, dedicated=cell.shared & given.dedicated,
        shared=(cell.shared if given.shared is None else cell.shared & given.shared) - given.dedicated) for cell in cells]


def processors(cells: Sequence[HostCell]) -> int:
    """Return how many processors guests may have of the cells, one way or the other."""
    return sum(len(cell.shared | cell.dedicated) for cell in cells)


def given_away(devices: Iterable[Device], given: Shares) -> list[Device]:
    """Return the devices that guests may have."""
    return [each for each in devices if any(spec.means(each) for spec in given.devices)]
