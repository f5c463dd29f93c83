"""What a host really holds, as an agent lists it when it is asked: values, and their JSON form on the bus.

    ComputeHoldings    a hypervisor: domains, the files of servers, what belongs to no server
    NetworkHoldings    a network host: devices, namespaces, DHCP, metadata, firewall
    StoreHoldings      the image store: whole files, and those being written
    BackendHoldings    a backend of volumes: volumes, snapshots, what is half made
    BackupHoldings     a target of backups: whole ones, what is half made

An agent lists what is there, never what ought to be: the audit compares.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class HeldServer:
    """A server's traces on a hypervisor.

    power is running, paused, saved or off, None where files are left but no domain. is_defined: the
    definition outlives a stop. volumes are the ids of those it has, while it runs. devices are the host's ends of its cards, while it runs. processes counts
    those that run it, whether or not the hypervisor knows of them.
    """

    server_id: str
    power: str | None
    is_defined: bool
    files: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    processes: int = 0
    volumes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class ComputeHoldings:
    """A hypervisor; strays are files of ours that belong to no server and to no work in progress."""

    servers: tuple[HeldServer, ...] = ()
    strays: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, said: Json) -> "ComputeHoldings":
        """Return what to_dict described."""
        held = (HeldServer(each["server_id"], each["power"], bool(each["is_defined"]), tuple(each["files"]),
                           tuple(each["devices"]), int(each["processes"]), tuple(each.get("volumes", ()))) for each in said["servers"])
        return cls(tuple(held), tuple(said["strays"]))


@dataclasses.dataclass(frozen=True)
class HeldDhcp:
    """The DHCP server of a network: whether its process lives, the (card, address) pairs it knows, those it leased."""

    network_id: str
    is_running: bool
    entries: tuple[tuple[str, str], ...] = ()
    leases: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class NetworkHoldings:
    """A network host, at the revision its agent has reached.

    cards are the (device, bridge) pairs of what hypervisors plugged into our bridges; sees_cards is
    False for a driver that cannot see them. masqueraded are (range, bridge) pairs.
    """

    revision: int = 0
    bridges: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    cards: tuple[tuple[str, str], ...] = ()
    sees_cards: bool = False
    dhcp: tuple[HeldDhcp, ...] = ()
    processes: tuple[str, ...] = ()  # the network ids that DHCP processes of ours name
    metadata: tuple[str, ...] = ()  # the network ids whose metadata is served
    isolated: tuple[str, ...] = ()  # the bridges that no packet leaves for another bridge
    masqueraded: tuple[tuple[str, str], ...] = ()
    tunnels: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()  # the namespaces that are routers
    differences: tuple[str, ...] = ()  # what the agent finds otherwise than it last made it

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, said: Json) -> "NetworkHoldings":
        """Return what to_dict described."""
        dhcp = (HeldDhcp(each["network_id"], bool(each["is_running"]), _pairs(each["entries"]), _pairs(each["leases"]))
                for each in said["dhcp"])
        names = ("bridges", "pairs", "namespaces", "processes", "metadata", "isolated", "tunnels", "routers",
                 "differences")
        return cls(revision=int(said["revision"]), sees_cards=bool(said["sees_cards"]), dhcp=tuple(dhcp),
                   cards=_pairs(said["cards"]), masqueraded=_pairs(said["masqueraded"]),
                   **{name: tuple(said[name]) for name in names})


@dataclasses.dataclass(frozen=True)
class StoreHoldings:
    """The image store: the names of whole files, and of files being written or left half written."""

    whole: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, said: Json) -> "StoreHoldings":
        """Return what to_dict described."""
        return cls(tuple(said["whole"]), tuple(said["partial"]))


@dataclasses.dataclass(frozen=True)
class BackendHoldings:
    """A backend of volumes: (id, size in GiB) of each volume, ids of snapshots, and of what is half made.

    exports are the ids of the volumes that are served; None for a backend whose volumes need not be.
    """

    volumes: tuple[tuple[str, int], ...] = ()
    snapshots: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    exports: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, said: Json) -> "BackendHoldings":
        """Return what to_dict described."""
        volumes = tuple((str(volume_id), int(size_gib)) for volume_id, size_gib in said["volumes"])
        exports = said.get("exports")
        return cls(volumes, tuple(said["snapshots"]), tuple(said["partial"]), None if exports is None else tuple(exports))


@dataclasses.dataclass(frozen=True)
class BackupHoldings:
    """A target of backups: the locations of whole ones and of what is half made; shared: others name the same."""

    whole: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    shared: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, said: Json) -> "BackupHoldings":
        """Return what to_dict described."""
        return cls(tuple(said["whole"]), tuple(said["partial"]), bool(said["shared"]))


def _pairs(said: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(first), str(second)) for first, second in said)
