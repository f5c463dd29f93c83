"""Where on its host a guest is: which cells, processors, pages and devices are its own. Pure.

What a host has is in the inventory that its agent reports, what a server was given in the row of its claim, both as
the JSON that these types are read from and written to. A server that asked for none of it has no fit.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from cumulo.compute import cpu_lists

Json = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class HostCell:
    """A cell of a host: shared processors are for guests that float, dedicated ones are given to one guest each."""

    id: int
    socket: int
    shared: frozenset[int]
    dedicated: frozenset[int]
    cores: tuple[frozenset[int], ...]  # processors that are threads of one core; others are cores of their own
    pages: Mapping[int, int]  # size in KiB: how many

    @property
    def smallest_page_kib(self) -> int:
        """The size of ordinary pages."""
        return min(self.pages, default=4)

    def to_json(self) -> dict[str, Any]:
        """Return it as an inventory holds it."""
        return {"id": self.id, "socket": self.socket, "shared": cpu_lists.write(self.shared),
                "dedicated": cpu_lists.write(self.dedicated), "cores": [cpu_lists.write(core) for core in self.cores],
                "pages": {str(size): count for size, count in self.pages.items()}}


@dataclasses.dataclass(frozen=True)
class Device:
    """A PCI device that a host gives to guests; parent is the address of the device whose function it is."""

    address: str
    vendor_id: str
    product_id: str
    type: str  # type-PCI, type-PF or type-VF
    cell: int | None = None
    parent: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as an inventory holds it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class FitCell:
    """A guest's cell, and where it is."""

    host_cell: int
    cpus: tuple[int, ...]
    memory_mib: int
    page_kib: int | None = None  # None: ordinary pages, as nobody asked for others
    pins: tuple[tuple[int, int], ...] = ()  # (a processor of the guest's, its own one of the host's)
    idle: tuple[int, ...] = ()  # processors of the host that nobody else may have
    floats: tuple[int, ...] = ()  # processors of the host that the guest's others run on


@dataclasses.dataclass(frozen=True)
class Fit:
    """Everything of a host that is one guest's own."""

    cells: tuple[FitCell, ...] = ()
    emulator: tuple[int, ...] = ()
    devices: tuple[tuple[str, str], ...] = ()  # (address, alias)

    @property
    def processors(self) -> tuple[int, ...]:
        """The host's processors that nobody else may have, the emulator's among them."""
        return (*(cpu for cell in self.cells for cpu in (*(host for _, host in cell.pins), *cell.idle)), *self.emulator)

    @property
    def dedicated(self) -> int:
        """How many of the guest's processors have one of the host's."""
        return sum(len(cell.pins) for cell in self.cells)

    def to_json(self) -> dict[str, Any]:
        """Return it as a claim's row holds it."""
        return dataclasses.asdict(self)


def host_cells(said: Iterable[Json]) -> tuple[HostCell, ...]:
    """Read the cells of an inventory."""
    return tuple(HostCell(
        each["id"], each.get("socket", 0), cpu_lists.read(each.get("shared", "")), cpu_lists.read(each.get("dedicated", "")),
        tuple(cpu_lists.read(core) for core in each.get("cores", ())),
        {int(size): count for size, count in each.get("pages", {}).items()}) for each in said)


def devices(said: Iterable[Json]) -> tuple[Device, ...]:
    """Read the devices of an inventory."""
    return tuple(Device(**each) for each in said)


def fit(said: Json | None) -> Fit | None:
    """Read the fit of a claim."""
    if said is None:
        return None
    cells = (FitCell(
        each["host_cell"], tuple(each["cpus"]), each["memory_mib"], each["page_kib"],
        tuple((guest, host) for guest, host in each["pins"]), tuple(each["idle"]), tuple(each["floats"]))
        for each in said["cells"])
    return Fit(tuple(cells), tuple(said["emulator"]), tuple((address, alias) for address, alias in said["devices"]))
