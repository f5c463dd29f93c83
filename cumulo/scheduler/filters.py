"""Which hosts could take a server: pure tests of one host, each with the name a refusal shows.

The order is the order in which a refusal counts: the plain reasons first (the
host is off, or silent), then what the user asked for, then room.
"""

import dataclasses
from collections.abc import Callable, Mapping

from cumulo.compute.cells import Demand
from cumulo.compute.fits import Device, Fit, HostCell
from cumulo.compute.passthrough import Wish
from cumulo.network import guarantees
from cumulo.scheduler import fitting


@dataclasses.dataclass(frozen=True)
class Host:
    """One host of a snapshot: what it has, what is claimed of it, how it is."""

    name: str
    generation: int
    vcpus: int
    memory_mib: int
    disk_gib: int
    used_vcpus: int
    used_memory_mib: int
    used_disk_gib: int
    zone: str
    architecture: str
    is_enabled: bool
    # What machines it can make: the words of cumulo.compute.hardware.
    abilities: frozenset[str] = dataclasses.field(default=frozenset(), kw_only=True)
    # What its aggregates say of it: (key, value), several values of one key perhaps.
    said: frozenset[tuple[str, str]] = dataclasses.field(default=frozenset(), kw_only=True)
    silent_s: float  # seconds since its agent was heard; infinite when it was never heard or is forced down
    # Its cells and the devices that it gives away; the fits of those who have some of them, where anybody asks.
    cells: tuple[HostCell, ...] = dataclasses.field(default=(), kw_only=True)
    devices: tuple[Device, ...] = dataclasses.field(default=(), kw_only=True)
    fits: tuple[Fit, ...] = dataclasses.field(default=(), kw_only=True)
    used_dedicated: int = dataclasses.field(default=0, kw_only=True)  # of used_vcpus
    used_paged_mib: int = dataclasses.field(default=0, kw_only=True)  # of used_memory_mib
    wired: frozenset[str] = dataclasses.field(default=frozenset(), kw_only=True)  # to which physical networks, where anybody asks
    # What it can promise to ports still, by what it is of (cumulo.network.rates), where anybody asks.
    rates_left: Mapping[str, int] = dataclasses.field(default_factory=dict, kw_only=True, hash=False)

    @property
    def dedicated(self) -> int:
        """How many of its processors are given to one guest each."""
        return sum(len(cell.dedicated) for cell in self.cells)

    @property
    def paged_mib(self) -> int:
        """How much of its memory is in pages that are not ordinary."""
        return sum(size * count // 1024 for cell in self.cells for size, count in cell.pages.items() if size != cell.smallest_page_kib)


@dataclasses.dataclass(frozen=True)
class Request:
    """What a server needs; `host`, `zone` and `architecture` are None when any will do."""

    server_id: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    host: str | None = None
    zone: str | None = None
    architecture: str | None = None
    asked_at: float = 0.0
    leaves: str | None = None  # the host it must not stay on
    left_behind: tuple[str, ...] = ()  # hosts that have to remove what they still have of it first
    same_hosts: tuple[str, ...] | None = None  # it shall be on one of these
    different_hosts: tuple[str, ...] = ()  # it shall be on none of these
    group: "Group | None" = None
    needs: frozenset[str] = frozenset()  # what the guest's machine needs of its host
    volume_hosts: tuple[str, ...] = ()  # where its volumes are that only one host can reach
    wants_said: tuple[tuple[str, str], ...] = ()  # what the flavor wants aggregates to say of the host
    demand: Demand | None = None  # what it wants of cells: own processors, pages, memory that is near
    devices: tuple[Wish, ...] = ()  # what it wants of PCI devices
    wires: tuple[frozenset[str], ...] = ()  # for each of these its host is to be wired to one of the physical networks
    rates: tuple[tuple[str, int], ...] = ()  # what its ports are to be promised, by what it is of
    fit: Fit | None = None  # what it gets of the host that was chosen for it


@dataclasses.dataclass(frozen=True)
class Group:
    """The server group that a server is in: `hosts` names the host of each other member, once for each."""

    id: str
    generation: int
    policy: str
    most_on_host: int
    hosts: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Limits:
    """How far hosts may be filled, and how long they may be silent."""

    vcpu_ratio: float
    memory_ratio: float
    disk_ratio: float
    silent_limit_s: float


Filter = Callable[[Host, Request, Limits], bool]


def enabled(host: Host, request: Request, limits: Limits) -> bool:
    """Nobody disabled the host."""
    return host.is_enabled


def alive(host: Host, request: Request, limits: Limits) -> bool:
    """Its agent was heard of late."""
    return host.silent_s <= limits.silent_limit_s


def requested_host(host: Host, request: Request, limits: Limits) -> bool:
    """It is the host that was asked for."""
    return request.host is None or host.name == request.host


def another_host(host: Host, request: Request, limits: Limits) -> bool:
    """It is not the host that the server has to leave."""
    return host.name != request.leaves


def cleared(host: Host, request: Request, limits: Limits) -> bool:
    """It has nothing left of the server, from before it was down."""
    return host.name not in request.left_behind


def zone(host: Host, request: Request, limits: Limits) -> bool:
    """It is in the availability zone that was asked for."""
    return request.zone is None or host.zone == request.zone


def architecture(host: Host, request: Request, limits: Limits) -> bool:
    """It runs the image's architecture; what says nothing of its architecture fits all."""
    return not request.architecture or not host.architecture or host.architecture == request.architecture


def image_properties(host: Host, request: Request, limits: Limits) -> bool:
    """It can make the machine that image and flavor ask for."""
    return request.needs <= host.abilities


def aggregates(host: Host, request: Request, limits: Limits) -> bool:
    """Its aggregates say of it what the flavor wants."""
    return all(wanted in host.said for wanted in request.wants_said)


def same_host(host: Host, request: Request, limits: Limits) -> bool:
    """It is a host of the servers that this one shall be with."""
    return request.same_hosts is None or host.name in request.same_hosts


def different_host(host: Host, request: Request, limits: Limits) -> bool:
    """It is no host of the servers that this one shall be apart from."""
    return host.name not in request.different_hosts


def affinity(host: Host, request: Request, limits: Limits) -> bool:
    """The members of the server's group are here, where its policy wants them together."""
    group = request.group
    return group is None or group.policy != "affinity" or not group.hosts or host.name in group.hosts


def anti_affinity(host: Host, request: Request, limits: Limits) -> bool:
    """No more members of the server's group are here than its policy wants."""
    group = request.group
    return group is None or group.policy != "anti-affinity" or group.hosts.count(host.name) < group.most_on_host


def volumes(host: Host, request: Request, limits: Limits) -> bool:
    """It reaches the server's volumes."""
    return all(each == host.name for each in request.volume_hosts)


def segments(host: Host, request: Request, limits: Limits) -> bool:
    """It is on a segment of each network of the server that has several, and on that of the addresses it has already."""
    return all(host.wired & each for each in request.wires)


def rates(host: Host, request: Request, limits: Limits) -> bool:
    """It can promise its ports the bandwidth and packets that they ask for."""
    return guarantees.fits(host.rates_left, request.rates)


def vcpus(host: Host, request: Request, limits: Limits) -> bool:
    """Enough processors are left for those that share them, and no server gets more than the host really has."""
    sharing = request.vcpus - (request.demand.dedicated if request.demand else 0)
    used, there = host.used_vcpus - host.used_dedicated, host.vcpus - host.dedicated
    return (not sharing or used + sharing <= there * limits.vcpu_ratio) and request.vcpus <= host.vcpus


def numa(host: Host, request: Request, limits: Limits) -> bool:
    """Its cells have the processors and pages that the server is to have for itself, and its devices near them."""
    return request.demand is None or fitting.fit(host, request, limits) is not None


def pci(host: Host, request: Request, limits: Limits) -> bool:
    """It has the devices that the server is to have."""
    return fitting.devices(host, request.devices, None) is not None


def memory(host: Host, request: Request, limits: Limits) -> bool:
    """Enough memory is left beside what is in pages of other sizes."""
    paged = fitting.paged_mib(fitting.fit(host, request, limits)) if request.demand else 0
    used, there = host.used_memory_mib - host.used_paged_mib, host.memory_mib - host.paged_mib
    return paged == request.memory_mib or used + request.memory_mib - paged <= there * limits.memory_ratio


def disk(host: Host, request: Request, limits: Limits) -> bool:
    """Enough disk is left."""
    return host.used_disk_gib + request.disk_gib <= host.disk_gib * limits.disk_ratio


FILTERS: tuple[Filter, ...] = (
    enabled, alive, requested_host, another_host, cleared, zone, aggregates, architecture, image_properties, same_host, different_host, affinity, anti_affinity,
    volumes, segments, rates, vcpus, pci, numa, memory, disk)
