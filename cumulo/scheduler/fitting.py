"""Where on a host a guest fits, cell by cell: its own processors, pages and devices. Pure.

    fit     what of one host a request would get; None where it does not fit there
    fitted  a request with what it gets of the host that was chosen: the plan that a claim is made by
    room    what such a plan takes, as the columns of a claim

What others have is read from the fits of all claims on the host, in the snapshot whose generation the claim compares and
sets: so nothing is given twice. Cells of a guest are on different cells of the host, found by matching (augmenting paths).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cumulo.compute import cells, passthrough
from cumulo.compute.cells import Demand, GuestCell
from cumulo.compute.fits import Device, Fit, FitCell, HostCell
from cumulo.compute.passthrough import Wish

if TYPE_CHECKING:  # the filters ask this module
    from cumulo.scheduler.filters import Host, Limits, Request

Choice = TypeVar("Choice", bound=Hashable)
KIB_PER_MIB = 1024
_NEAR = (passthrough.REQUIRED, passthrough.LEGACY, passthrough.SOCKET)


def fit(host: Host, request: Request, limits: Limits) -> Fit | None:
    """Return what the request would get of the host; an empty fit where it asks for nothing."""
    if request.demand is None:
        given = devices(host, request.devices, None)
        return None if given is None else Fit(devices=given)
    for page in _pages(request.demand, host):
        found = _fit_with(host, request, request.demand, page, limits)
        if found is not None:
            return found
    return None


def fitted(host: Host, request: Request, limits: Limits) -> Request:
    """Return the request with what it gets of a host that passed the filters."""
    if request.demand is None and not request.devices:
        return request
    return dataclasses.replace(request, fit=fit(host, request, limits))


def room(request: Request) -> dict[str, Any]:
    """Return what a planned request takes of its host."""
    given = request.fit
    return {"vcpus": request.vcpus, "memory_mib": request.memory_mib, "disk_gib": request.disk_gib,
            "dedicated": given.dedicated if given else 0, "paged_mib": paged_mib(given),
            "fit": given.to_json() if given else None}


def paged_mib(given: Fit | None) -> int:
    """Return how much of a guest's memory is in pages that somebody asked for and that are not ordinary."""
    return sum(cell.memory_mib for cell in given.cells if (cell.page_kib or 0) > 4) if given else 0


def match(options: Sequence[Sequence[Choice]]) -> list[Choice] | None:
    """Return one choice for each, no choice twice, the earlier ones of each rather; None where there is no way."""
    holder: dict[Choice, int] = {}

    def place(one: int, tried: set[Choice]) -> bool:
        for choice in options[one]:
            if choice not in tried:
                tried.add(choice)
                if choice not in holder or place(holder[choice], tried):
                    holder[choice] = one
                    return True
        return False

    if not all(place(one, set()) for one in range(len(options))):
        return None
    chosen = {one: choice for choice, one in holder.items()}
    return [chosen[one] for one in range(len(options))]


def devices(host: Host, wishes: Sequence[Wish], near: frozenset[int] | None) -> tuple[tuple[str, str], ...] | None:
    """Return the devices for some wishes, (address, alias) each; near are the cells that the guest is on, None for all."""
    free = list(_free_devices(host))
    wanted = [wish for wish in wishes for _ in range(wish.count)]
    sockets = {cell.id: cell.socket for cell in host.cells}

    def rank(device: Device) -> tuple[bool, str]:
        return near is not None and device.cell not in near, device.address

    chosen = match([[each.address for each in sorted(free, key=rank)
                     if wish.alias.means(each) and _is_near(each, wish.policy, near, sockets)] for wish in wanted])
    if chosen is None or _overlap(host, set(chosen)):
        return None
    return tuple((address, wish.alias.name) for address, wish in zip(chosen, wanted, strict=True))


def _free_devices(host: Host) -> Iterator[Device]:
    """Those that no guest has; a function is not free while its device is given, nor the device while a function of its is."""
    taken = {address for given in host.fits for address, _ in given.devices}
    parents = {each.parent for each in host.devices if each.address in taken}
    return (each for each in host.devices
            if each.address not in taken and each.parent not in taken and each.address not in parents)


def _overlap(host: Host, chosen: set[str]) -> bool:
    return any(each.address in chosen and each.parent in chosen for each in host.devices)


def _is_near(device: Device, policy: str, near: frozenset[int] | None, sockets: Mapping[int, int]) -> bool:
    if near is None or policy == passthrough.PREFERRED:
        return True
    if device.cell is None:
        return policy == passthrough.LEGACY
    if policy == passthrough.SOCKET:
        return sockets.get(device.cell) in {sockets[cell] for cell in near}
    return device.cell in near


def _pages(demand: Demand, host: Host) -> list[int | None]:
    """The sizes of pages to try, the best first."""
    if demand.page is None:
        return [None]
    if isinstance(demand.page, int):
        return [demand.page]
    sizes = sorted({size for cell in host.cells for size in cell.pages}, reverse=True)
    if demand.page == cells.SMALL:
        return list(sizes[-1:])
    return list(sizes[:-1] if demand.page == cells.LARGE else sizes)


def _fit_with(host: Host, request: Request, demand: Demand, page: int | None, limits: Limits) -> Fit | None:
    """Fit all cells of a guest with pages of one size."""
    taken = frozenset(cpu for given in host.fits for cpu in given.processors)
    possible: list[dict[int, tuple[FitCell, tuple[int, ...]]]] = []
    for number, wanted in enumerate(demand.cells):
        extra = demand.isolates_emulator and number == 0
        found = {cell.id: made for cell in host.cells
                 if (made := _fit_cell(host, cell, wanted, demand.threads, page, taken, extra, limits)) is not None}
        if not found:
            return None
        possible.append(found)
    order = [cell.id for cell in sorted(host.cells, key=lambda cell: _rank(host, cell, taken, request))]
    for among in _subsets(order, len(demand.cells), request.devices):
        chosen = match([[cell for cell in among if cell in each] for each in possible])
        given = None if chosen is None else devices(host, request.devices, frozenset(chosen))
        if chosen is not None and given is not None:
            made = [each[cell] for each, cell in zip(possible, chosen, strict=True)]
            return Fit(tuple(cell for cell, _ in made), made[0][1], given)
    return None


def _subsets(order: Sequence[int], count: int, wishes: Sequence[Wish]) -> Iterable[Sequence[int]]:
    """The host's cells to choose among: all, or so many at a time where devices must be near."""
    return itertools.combinations(order, count) if any(wish.policy in _NEAR for wish in wishes) else [order]


def _rank(host: Host, cell: HostCell, taken: frozenset[int], request: Request) -> tuple[bool, int, int]:
    """Cells without devices first for who wants none, then the emptiest."""
    has_devices = any(each.cell == cell.id for each in host.devices)
    return has_devices is not bool(request.devices), -len(cell.dedicated - taken), cell.id


def _fit_cell(host: Host, cell: HostCell, wanted: GuestCell, threads: str, page: int | None, taken: frozenset[int],
              with_emulator: bool, limits: Limits) -> tuple[FitCell, tuple[int, ...]] | None:
    """Fit one cell of a guest into one of the host's; with the processor for the emulator, if one is wanted."""
    here = [each for given in host.fits for each in given.cells if each.host_cell == cell.id]
    floating = len(wanted.cpus) - len(wanted.pinned)
    used = sum(len(each.cpus) - len(each.pins) for each in here)
    has_shared = floating <= len(cell.shared) and used + floating <= len(cell.shared) * limits.vcpu_ratio
    if not _has_memory(cell, here, wanted.memory_mib, page, limits) or (floating and not has_shared):
        return None
    chosen = processors(cell, cell.dedicated - taken, len(wanted.pinned), threads)
    if chosen is None:
        return None
    own, idle = chosen
    emulator = sorted(cell.dedicated - taken - {*own, *idle})[:1] if with_emulator else []
    if with_emulator and not emulator:
        return None
    made = FitCell(cell.id, wanted.cpus, wanted.memory_mib, page, tuple(zip(wanted.pinned, own, strict=True)), idle,
                   tuple(sorted(cell.shared)) if floating else ())
    return made, tuple(emulator)


def _has_memory(cell: HostCell, here: Sequence[FitCell], memory_mib: int, page: int | None, limits: Limits) -> bool:
    """Whether a cell has so much left: in pages of that size, or in ordinary ones."""
    size = page or cell.smallest_page_kib
    if size not in cell.pages or memory_mib * KIB_PER_MIB % size:
        return False
    used = sum(each.memory_mib for each in here if (each.page_kib or cell.smallest_page_kib) == size)
    there = cell.pages[size] * size / KIB_PER_MIB
    return memory_mib <= there and used + memory_mib <= there * (limits.memory_ratio if page is None else 1)


def processors(cell: HostCell, free: frozenset[int], count: int, threads: str) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Choose some of the free processors of a cell by what is wanted of threads: (its own, those to be left idle)."""
    of_cores = {cpu for core in cell.cores for cpu in core}
    cores = [*cell.cores, *(frozenset({cpu}) for cpu in free - of_cores)]
    if threads == cells.ISOLATE:
        whole = sorted(sorted(core) for core in cores if core <= free)[:count]
        if len(whole) < count:
            return None
        return tuple(core[0] for core in whole), tuple(cpu for core in whole for cpu in core[1:])
    left = [sorted(core & free) for core in cores if core & free]
    if threads == cells.REQUIRE:
        left = [core for core in left if len(core) > 1]
    chosen: list[int] = []
    while len(chosen) < count:
        if not left:
            return None
        core = min(left, key=lambda each: _waste(each, count - len(chosen)))
        left.remove(core)
        chosen += core[:count - len(chosen)]
    return tuple(chosen), ()


def _waste(core: list[int], wanted: int) -> tuple[bool, int, int]:
    """How little a core suits: one that is used up is best, and of those the largest; else the smallest that will do."""
    return (True, len(core), core[0]) if len(core) > wanted else (False, -len(core), core[0])
