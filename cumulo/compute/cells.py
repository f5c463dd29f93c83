"""What a guest wants of its host's processors and memory beyond their number, read from flavor and image. Pure.

A host has cells (NUMA nodes): processors with the memory near them. A guest that asks for any of this is placed cell
by cell (cumulo/scheduler/fitting.py), and the agent builds what was chosen for it (fits.py).

    hw:numa_nodes, hw:numa_cpus.N, hw:numa_mem.N    how many cells it sees, and what is in each; and hw_numa_... of images
    hw:cpu_policy           dedicated: a processor of the host's for each of its own; mixed: for those of the mask
    hw:cpu_dedicated_mask   the guest's processors that mixed means
    hw:cpu_thread_policy    what of a core's other threads: prefer them, require them, or isolate: leave them idle
    hw:emulator_threads_policy   isolate: one more processor for the emulator's own work
    hw:mem_page_size        small, large, any, or a size

A guest with own processors or pages, but without hw:numa_nodes, is one cell.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors
from cumulo.compute import cpu_lists

DEDICATED, MIXED, SHARED = "dedicated", "mixed", "shared"
PREFER, REQUIRE, ISOLATE = "prefer", "require", "isolate"
SMALL, LARGE, ANY = "small", "large", "any"
MOST_CELLS = 64
_PAGE = re.compile(r"([0-9]+) ?([kmg]?)i?b?", re.IGNORECASE)
_UNIT_KIB = {"": 1, "k": 1, "m": 1024, "g": 1024 ** 2}
_OF_A_CELL = re.compile(r"hw[:_]numa_(cpus|mem)\.([0-9]{1,3})")
Words = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class GuestCell:
    """One cell of a guest: its processors, which of them need one of the host's each, and its memory."""

    cpus: tuple[int, ...]
    pinned: tuple[int, ...]
    memory_mib: int


@dataclasses.dataclass(frozen=True)
class Demand:
    """What a guest wants; page is small, large, any, a size in KiB, or None where nothing was said."""

    cells: tuple[GuestCell, ...]
    threads: str = PREFER
    isolates_emulator: bool = False
    page: str | int | None = None

    @property
    def dedicated(self) -> int:
        """How many of its processors need one of the host's each, without the emulator's."""
        return sum(len(cell.pinned) for cell in self.cells)


def of(flavor: Words, properties: Words | None) -> Demand | None:
    """Return what a server wants, None where it is only processors and memory; raises BadRequest for what cannot be."""
    specs, image = flavor.get("extra_specs") or {}, properties or {}
    page = _page(specs, image)
    pinned = _pinned(specs, image, flavor["vcpus"])
    count = _count(specs, image)
    if count is None and page is None and not pinned:
        return None
    cells = _cells(specs, image, flavor, count or 1, pinned)
    if isinstance(page, int):
        for cell in cells:
            if cell.memory_mib * 1024 % page:
                raise errors.BadRequest(f"{cell.memory_mib} MiB of memory cannot be made of pages of {page} KiB (hw:mem_page_size).")
    return Demand(cells, specs.get("hw:cpu_thread_policy", image.get("hw_cpu_thread_policy")) or PREFER,
                  specs.get("hw:emulator_threads_policy") == ISOLATE, page)


def _pinned(specs: Words, image: Words, vcpus: int) -> frozenset[int]:
    """The guest's processors that need one of the host's each."""
    policy, own = specs.get("hw:cpu_policy"), image.get("hw_cpu_policy")
    for name, found in (("hw:cpu_policy", policy), ("hw_cpu_policy", own)):
        _among(name, found, (DEDICATED, MIXED, SHARED))
    if policy == SHARED and own in (DEDICATED, MIXED):
        raise errors.BadRequest("The image wants processors of its own (hw_cpu_policy), and the flavor gives none (hw:cpu_policy).")
    policy = policy or own or SHARED
    mask = specs.get("hw:cpu_dedicated_mask")
    if (mask is not None) != (policy == MIXED):
        raise errors.BadRequest("hw:cpu_dedicated_mask goes with hw:cpu_policy mixed, and that needs it.")
    for name, found, among in (
            ("hw:cpu_thread_policy", specs.get("hw:cpu_thread_policy"), (PREFER, REQUIRE, ISOLATE)),
            ("hw_cpu_thread_policy", image.get("hw_cpu_thread_policy"), (PREFER, REQUIRE, ISOLATE)),
            ("hw:emulator_threads_policy", specs.get("hw:emulator_threads_policy"), (ISOLATE, "share"))):
        _among(name, found, among)
        if found is not None and policy == SHARED and found != "share":
            raise errors.BadRequest(f"{name} is for guests with processors of their own (hw:cpu_policy).")
    if policy == SHARED:
        return frozenset()
    everything = frozenset(range(vcpus))
    chosen = everything if mask is None else cpu_lists.read(mask, everything)
    if mask is not None and not (chosen and chosen < everything):
        raise errors.BadRequest(f"hw:cpu_dedicated_mask is {mask[:64]!r}: it must name some of {vcpus} processors, and not all.")
    return chosen


def _count(specs: Words, image: Words) -> int | None:
    """How many cells were asked for."""
    found, own = specs.get("hw:numa_nodes"), image.get("hw_numa_nodes")
    if found is not None and own is not None:
        raise errors.BadRequest("Flavor and image both tell how many cells the guest has (hw:numa_nodes, hw_numa_nodes).")
    text = str(found if found is not None else own if own is not None else "")
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST_CELLS):
        raise errors.BadRequest(f"hw:numa_nodes is {text[:64]!r}: it can be 1 to {MOST_CELLS}.")
    return int(text) if text else None


def _cells(specs: Words, image: Words, flavor: Words, count: int, pinned: frozenset[int]) -> tuple[GuestCell, ...]:
    said = _said(specs, image, count)
    vcpus, memory_mib = flavor["vcpus"], flavor["memory_mib"]
    if not said:
        if vcpus % count or memory_mib % count:
            raise errors.BadRequest(f"{vcpus} processors and {memory_mib} MiB cannot be parted into {count} equal cells: say what is in each "
                                    "(hw:numa_cpus.N, hw:numa_mem.N).")
        each = vcpus // count
        shares = [(range(number * each, (number + 1) * each), memory_mib // count) for number in range(count)]
        return tuple(GuestCell(tuple(cpus), tuple(cpu for cpu in cpus if cpu in pinned), memory) for cpus, memory in shares)
    cells = []
    for number in range(count):
        if ("cpus", number) not in said or ("mem", number) not in said:
            raise errors.BadRequest(f"hw:numa_cpus.{number} and hw:numa_mem.{number} are missing: what is in one cell is said for all.")
        cpus, memory = cpu_lists.read(said["cpus", number]), said["mem", number]
        if not (memory.isascii() and memory.isdigit() and 0 < int(memory[:12])):
            raise errors.BadRequest(f"hw:numa_mem.{number} is {memory[:64]!r}: it must be a number of MiB.")
        cells.append(GuestCell(tuple(sorted(cpus)), tuple(sorted(cpus & pinned)), int(memory)))
    if sorted(cpu for cell in cells for cpu in cell.cpus) != list(range(vcpus)):
        raise errors.BadRequest(f"The cells (hw:numa_cpus.N) must have each of the processors 0 to {vcpus - 1} once.")
    if sum(cell.memory_mib for cell in cells) != memory_mib:
        raise errors.BadRequest(f"The cells (hw:numa_mem.N) must have {memory_mib} MiB together.")
    return tuple(cells)


def _said(specs: Words, image: Words, count: int) -> dict[tuple[str, int], str]:
    """What flavor, or else image, says of each cell."""
    found: dict[tuple[str, int], str] = {}
    for words in (image, specs):
        said = {(match[1], int(match[2])): str(value) for name, value in words.items() if (match := _OF_A_CELL.fullmatch(name))}
        if said and found:
            raise errors.BadRequest("Flavor and image both tell what is in the guest's cells (hw:numa_cpus.N, hw_numa_cpus.N).")
        found |= said
    for what, number in sorted(found):
        if number >= count:
            raise errors.BadRequest(f"hw:numa_{what}.{number} names a cell that is not there: there are {count} (hw:numa_nodes).")
    return found


def _page(specs: Words, image: Words) -> str | int | None:
    """The size of pages; an image may choose one only where its flavor leaves it open."""
    flavor, own = specs.get("hw:mem_page_size"), image.get("hw_mem_page_size")
    size = None if flavor is None else page_size(str(flavor))
    if own is None:
        return size
    if size not in (LARGE, ANY):
        raise errors.BadRequest("The image chooses pages (hw_mem_page_size), and the flavor does not let it: its hw:mem_page_size is not large or any.")
    return page_size(str(own))


def page_size(text: str) -> str | int:
    """Return small, large, any, or KiB; raises BadRequest."""
    if text.lower() in (SMALL, LARGE, ANY):
        return text.lower()
    found = _PAGE.fullmatch(text.strip())
    if found is None or not 0 < int(found[1][:12]):
        raise errors.BadRequest(f"hw:mem_page_size is {text[:64]!r}: it can be small, large, any, or a size such as 2MB.")
    return int(found[1][:12]) * _UNIT_KIB[found[2].lower()]


def _among(name: str, found: Any, among: tuple[str, ...]) -> None:
    if found is not None and found not in among:
        raise errors.BadRequest(f"{name} is {str(found)[:64]!r}: it can be {', '.join(among)}.")
