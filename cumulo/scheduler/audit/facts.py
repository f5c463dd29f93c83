"""Everything the audit compares, as values: the rows that matter, and what was heard of hosts.

Rows carry only the columns that a check reads. Look-ups by id are made once and kept, because every
check of a large cloud needs the same ones.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from cumulo.common.audit.holdings import (
    BackendHoldings,
    BackupHoldings,
    ComputeHoldings,
    NetworkHoldings,
    StoreHoldings,
)
from cumulo.network.networks import DHCP_OWNER

DOING = ("doing", "undoing")


@dataclasses.dataclass(frozen=True)
class Server:
    """A living server, or a deleted one that something still refers to."""

    id: str
    project_id: str
    status: str
    host: str | None
    vcpus: int
    memory_mib: int
    flavor: Mapping[str, Any]
    config_drive: bool
    updated_at: float
    deleted_at: float | None
    image_properties: Mapping[str, Any] | None = None
    image_id: str | None = None  # None: it boots from a volume
    local_disks: Mapping[str, Any] | None = None

    @property
    def on_host(self) -> Mapping[str, Any]:
        """The flavor as far as its disks are the host's."""
        own = {**self.flavor, **(self.local_disks or {})}
        return own if self.image_id else own | {"root_gib": 0}


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a server takes of a host."""

    server_id: str
    host: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    dedicated: int = 0
    fit: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Operation:
    """An operation that holds its resource, or whose phase says that it is under way."""

    id: str
    flow: str
    phase: str
    cursor: int
    resource_type: str
    resource_id: str
    active_key: str | None
    due: float
    leased_until: float
    updated_at: float
    error: str | None
    cancel: bool = False


@dataclasses.dataclass(frozen=True)
class SubPort:
    """A port that a trunk carries over another one."""

    port_id: str
    trunk_id: str
    parent_id: str


@dataclasses.dataclass(frozen=True)
class Port:
    """A port; host is "" while it is bound nowhere."""

    id: str
    network_id: str
    device_id: str
    device_owner: str
    mac_address: str
    host: str
    status: str
    bound_revision: int
    hostname: str = ""

    @property
    def is_dhcp(self) -> bool:
        """Whether it holds its network's DHCP server."""
        return self.device_owner == DHCP_OWNER

    @property
    def is_own_equipment(self) -> bool:
        """Whether it is the network's own: DHCP's, a router's, a floating address's. It is bound to no host."""
        return self.device_owner.startswith("network:")

    @property
    def is_of_server(self) -> bool:
        """Whether it was made with the server it names: anybody may write any id into a port of theirs."""
        return self.hostname != ""


@dataclasses.dataclass(frozen=True)
class Address:
    """An address that a port holds."""

    port_id: str
    subnet_id: str
    ip_address: str


@dataclasses.dataclass(frozen=True)
class Subnet:
    """A range of a network."""

    id: str
    network_id: str
    cidr: str
    ip_version: int
    gateway_ip: str | None
    enable_dhcp: bool
    ipv6_address_mode: str | None = None

    @property
    def gets_dhcp(self) -> bool:
        """Whether a DHCP server gives its addresses."""
        return self.enable_dhcp and (self.ip_version == 4 or self.ipv6_address_mode == "dhcpv6-stateful")


@dataclasses.dataclass(frozen=True)
class Network:
    """A network; has_nat: it leads out of each host that is not wired to its physical network."""

    id: str
    has_nat: bool
    physical_network: str | None = None
    has_tunnel: bool = False


@dataclasses.dataclass(frozen=True)
class Image:
    """An image and the data it names: (store, name) of each copy, and whether a URL leads to more."""

    id: str
    status: str
    upload_id: str | None
    upload_renewed_at: float | None
    locations: tuple[tuple[str, str], ...] = ()
    is_on_web: bool = False
    is_of_volumes: bool = False  # it names snapshots, and has no data of its own


@dataclasses.dataclass(frozen=True)
class Staged:
    """Data of an image on a host that waits to be imported; it has no size while it is being received."""

    image_id: str
    name: str
    host: str
    size: int | None
    renewed_at: float


@dataclasses.dataclass(frozen=True)
class Import:
    """What an import under way calls its data: in stores, and on its host where it has any there."""

    image_id: str
    host: str
    name: str
    staged: str


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume; backend is host@name, None while it has not been placed."""

    id: str
    project_id: str
    status: str
    size_gib: int
    growing_gib: int | None
    backend: str | None
    moving_to: str | None
    updated_at: float = 0.0


@dataclasses.dataclass(frozen=True)
class Attachment:
    """A server's use of a volume."""

    id: str
    volume_id: str
    server_id: str | None
    status: str
    managed: bool
    connection: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A snapshot of a volume, which is on the volume's backend."""

    id: str
    project_id: str
    volume_id: str
    status: str
    size_gib: int
    updated_at: float = 0.0


@dataclasses.dataclass(frozen=True)
class Backup:
    """A backup of a volume; location is the name of its data on the target, None while another row keeps that."""

    id: str
    project_id: str
    status: str
    size_gib: int
    location: str | None
    parent_location: str | None
    host: str | None
    bound: bool
    updated_at: float = 0.0


@dataclasses.dataclass(frozen=True)
class Project:
    """A project and where it stands; parent_id is None directly below its domain."""

    id: str
    domain_id: str
    parent_id: str | None
    enabled: bool


@dataclasses.dataclass(frozen=True)
class Orphan:
    """A row that names another one which is not there; named is a table."""

    table: str
    column: str
    value: str
    named: str


@dataclasses.dataclass(frozen=True)
class DatabaseFacts:
    """The rows at one moment; now is the database's time."""

    now: float
    servers: tuple[Server, ...] = ()
    claims: tuple[Claim, ...] = ()
    moves: tuple[Claim, ...] = ()  # the other rooms of servers that are resized or moved
    operations: tuple[Operation, ...] = ()
    ports: tuple[Port, ...] = ()
    sub_ports: tuple[SubPort, ...] = ()
    addresses: tuple[Address, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    networks: tuple[Network, ...] = ()
    images: tuple[Image, ...] = ()
    staged: tuple[Staged, ...] = ()
    imports: tuple[Import, ...] = ()
    volumes: tuple[Volume, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    backups: tuple[Backup, ...] = ()
    # project id -> (backups, GiB), as the quota check counts them
    backup_usage: Mapping[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    projects: tuple[Project, ...] = ()
    implied_roles: tuple[tuple[str, str], ...] = ()  # the first implies the second
    orphans: tuple[Orphan, ...] = ()
    compute_hosts: tuple[str, ...] = ()
    inventories: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)  # host -> what its agent told
    network_hosts: tuple[str, ...] = ()  # where a network agent was heard, ever
    image_hosts: tuple[str, ...] = ()  # where an image agent was heard, ever
    empty_groups: tuple[str, ...] = ()  # groups and group snapshots that are being deleted and hold nothing
    transfers: frozenset[str] = frozenset()  # the volumes that are offered
    volume_hosts: tuple[str, ...] = ()  # where a volume agent was heard, ever
    # project id -> (volumes, snapshots, GiB), as the quota check counts them
    volume_usage: Mapping[str, tuple[int, int, int]] = dataclasses.field(default_factory=dict)
    # project id -> (servers, vcpus, memory_mib), as the quota check counts them
    usage: Mapping[str, tuple[int, int, int]] = dataclasses.field(default_factory=dict)
    revision: int = 0
    changes: Mapping[str, int] = dataclasses.field(default_factory=dict)  # network id -> revision
    applied: Mapping[str, int] = dataclasses.field(default_factory=dict)  # host -> revision
    # host -> the networks it needs, those behind routers among them; empty while there are no routers
    needed: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    needed_routers: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)  # host -> its routers
    wired: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)  # host -> its physical networks
    unanswered_keys: tuple[str, ...] = ()
    expired_keys: int = 0  # idempotency keys that should have been removed long ago


@dataclasses.dataclass(frozen=True)
class Facts:
    """Both sides. A host or store that is not in compute, network, staging or stores was not heard and must not be judged.

    volume_backends are by host@name. busy are servers, volumes and the like whose operation is under way, or that changed
    while hosts were being asked.
    """

    database: DatabaseFacts
    compute: Mapping[str, ComputeHoldings] = dataclasses.field(default_factory=dict)
    network: Mapping[str, NetworkHoldings] = dataclasses.field(default_factory=dict)
    stores: Mapping[str, StoreHoldings] = dataclasses.field(default_factory=dict)
    staging: Mapping[str, StoreHoldings] = dataclasses.field(default_factory=dict)
    busy: frozenset[str] = frozenset()
    volume_backends: Mapping[str, BackendHoldings] = dataclasses.field(default_factory=dict)
    backups: Mapping[str, BackupHoldings] = dataclasses.field(default_factory=dict)  # by host: what its target holds

    @functools.cached_property
    def servers(self) -> dict[str, Server]:
        """Servers by id, deleted ones too."""
        return {each.id: each for each in self.database.servers}

    @functools.cached_property
    def living(self) -> list[Server]:
        """Servers that are not deleted."""
        return [each for each in self.database.servers if each.deleted_at is None]

    @functools.cached_property
    def claims(self) -> dict[str, Claim]:
        """Claims by the server's id."""
        return {each.server_id: each for each in self.database.claims}

    @functools.cached_property
    def active(self) -> dict[str, Operation]:
        """Operations that hold a resource, by the resource's id; a stuck one is among them."""
        return {each.active_key: each for each in self.database.operations if each.active_key}

    @functools.cached_property
    def ports(self) -> dict[str, Port]:
        """Ports by id."""
        return {each.id: each for each in self.database.ports}

    @functools.cached_property
    def ports_by_device(self) -> dict[str, list[Port]]:
        """The ports that were made with each server."""
        found: dict[str, list[Port]] = {}
        for each in self.database.ports:
            if each.is_of_server:
                found.setdefault(each.device_id, []).append(each)
        return found

    @functools.cached_property
    def ports_by_network(self) -> dict[str, list[Port]]:
        """The ports of each network."""
        found: dict[str, list[Port]] = {}
        for each in self.database.ports:
            found.setdefault(each.network_id, []).append(each)
        return found

    @functools.cached_property
    def subnets(self) -> dict[str, Subnet]:
        """Subnets by id."""
        return {each.id: each for each in self.database.subnets}

    @functools.cached_property
    def subnets_by_network(self) -> dict[str, list[Subnet]]:
        """The subnets of each network."""
        found: dict[str, list[Subnet]] = {}
        for each in self.database.subnets:
            found.setdefault(each.network_id, []).append(each)
        return found

    @functools.cached_property
    def addresses_by_port(self) -> dict[str, list[Address]]:
        """The addresses of each port."""
        found: dict[str, list[Address]] = {}
        for each in self.database.addresses:
            found.setdefault(each.port_id, []).append(each)
        return found

    @functools.cached_property
    def networks(self) -> dict[str, Network]:
        """Networks by id."""
        return {each.id: each for each in self.database.networks}


def compute_target(host: str) -> str:
    """Return where a host's compute agent answers."""
    return f"compute.{host}"


def network_target(host: str) -> str:
    """Return where a host's network agent answers."""
    return f"network.{host}"


def image_target(host: str) -> str:
    """Return where a host's image agent answers."""
    return f"image.{host}"


def volume_target(host: str) -> str:
    """Return where a host's volume agent answers."""
    return f"volume.{host}"


STORE_TARGET = "image"
