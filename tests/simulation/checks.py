"""What must hold when the sky has been clear for a while.

Each check returns sentences, none when all is well. They read the rows, the hosts and the ledger of
what users were promised, never the API: a view could hide what it should show.
"""

import collections
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables import identity
from cumulo.common.db.tables.compute import claim, server, server_move
from cumulo.common.db.tables.identity_credential import credential
from cumulo.common.db.tables.identity_delegation import application_credential, trust
from cumulo.common.db.tables.image import image, image_location, image_staging
from cumulo.common.db.tables.network import network as network_table
from cumulo.common.db.tables.network import port
from cumulo.common.db.tables.network_router import floating_ip, router
from cumulo.common.db.tables.network_sharing import trunk
from cumulo.common.db.tables.operations import operation, operation_event
from cumulo.common.db.tables.volume import volume, volume_attachment, volume_group, volume_group_snapshot, volume_snapshot
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.compute.agent.driver import Power
from cumulo.image.store.file import FileStore
from cumulo.network import desired, revisions
from cumulo.scheduler.audit.differences import differences_now
from tests.simulation import boots
from tests.simulation.calls import Users
from tests.simulation.cloud import CONTROLLERS, STORES, Cloud, image_directory, staging_directory
from tests.simulation.disks import NAME
from tests.simulation.hosts import NAT_FAILS, TIGHT

LONGEST_BEGIN_S = 0.5
THINGS: dict[str, tuple[sa.Column[Any], sa.Column[Any]]] = {
    "router": (router.c.id, router.c.name), "trunk": (trunk.c.id, trunk.c.name),
    "floatingip": (floating_ip.c.id, floating_ip.c.description),
    "network": (network_table.c.id, network_table.c.name), "port": (port.c.id, port.c.name),
    "image": (image.c.id, image.c.name), "volume": (volume.c.id, volume.c.name),
    "snapshot": (volume_snapshot.c.id, volume_snapshot.c.name), "backup": (volume_backup.c.id, volume_backup.c.name),
    **{table.name.removeprefix("identity_"): (table.c.id, table.c.name)
       for table in (identity.user, identity.project, identity.group, identity.role, application_credential)},
    "credential": (credential.c.id, credential.c.type), "trust": (trust.c.id, trust.c.expires_at),
}
"""What goes for good when it is deleted: its id, and what it is known by (calls.py gives each another)."""
POWER = {"ACTIVE": Power.RUNNING, "SHUTOFF": Power.OFF, "PAUSED": Power.PAUSED, "SUSPENDED": Power.SAVED,
         "SOFT_DELETED": Power.OFF, "SHELVED": Power.OFF}
AT_REST = (*POWER, "RESCUE", "VERIFY_RESIZE", "SHELVED_OFFLOADED", "ERROR")


class World:
    """Everything a check may look at, read once."""

    def __init__(self, cloud: Cloud, users: Users) -> None:
        self.cloud, self.users, self.hosts = cloud, users, cloud.hosts
        self.connection = cloud.store.connection
        self.servers = self._rows(sa.select(server))
        self.living = {row["id"]: row for row in self.servers if row["deleted_at"] is None}
        self.moves = self._rows(sa.select(server_move))
        self.claims = {row["server_id"]: row["host"] for row in self._rows(sa.select(claim))}
        self.operations = self._rows(sa.select(operation).where(operation.c.active_key.is_not(None)))
        self.ports = self._rows(sa.select(port))
        self.images = self._rows(sa.select(image))

    def _rows(self, query: Any) -> list[Any]:
        return list(self.connection.execute(query).mappings())

    def texts(self, column: sa.Column[Any]) -> list[str]:
        """Return a column of all rows, as texts."""
        return [str(value) for value in self.connection.execute(sa.select(column)).scalars()]


def findings(cloud: Cloud, users: Users) -> list[str]:
    """Everything that is not as it must be."""
    world = World(cloud, users)
    found = [f"{check.__name__.strip('_')}: {fault}" for check in CHECKS for fault in check(world)]
    cloud.store.connection.rollback()
    return found


def is_quiet(cloud: Cloud) -> bool:
    """Whether nothing is under way any more: looked at often, so two cheap questions."""
    connection = cloud.store.connection
    busy = connection.execute(sa.select(operation.c.id).where(operation.c.active_key.is_not(None)).limit(1)).first()
    begun = (image.c.status == "saving") | image.c.id.in_(
        sa.select(image_staging.c.image_id).where(image_staging.c.size.is_(None)))
    saving = connection.execute(sa.select(image.c.id).where(begun).limit(1)).first()
    rows = connection.execute(sa.select(server.c.id, server.c.status, server.c.host)).all()
    connection.rollback()
    if any(_has_gone_off(cloud, row) for row in rows):
        return False
    return busy is None and saving is None and not _orphans(cloud) and not findings_of_networks(cloud)


def _orphans(cloud: Cloud) -> list[str]:
    """Data of images in stores and on hosts that no row names."""
    connection = cloud.store.connection
    located = {tuple(row) for row in connection.execute(sa.select(image_location.c.store, image_location.c.name))}
    staged = {tuple(row) for row in connection.execute(sa.select(image_staging.c.host, image_staging.c.name))}
    connection.rollback()
    found = {(store, name) for store in STORES for name in FileStore(image_directory(store)).names()} - located
    found |= {(host, name) for host in CONTROLLERS for name in FileStore(staging_directory(host)).names()} - staged
    return [f"{place} has {name}" for place, name in sorted(found)]


def _has_gone_off(cloud: Cloud, row: Any) -> bool:
    """Whether a guest changed by itself, and no heartbeat has told of it yet."""
    power = cloud.hosts.by_name[row.host].power.get(row.id) if row.host else None
    return row.status in ("ACTIVE", "PAUSED") and power is not None and power is not POWER[row.status]


def _operations_ended(world: World) -> Iterator[str]:
    for row in world.operations:
        yield f"{row['flow']} of {row['resource_id']} is still {row['phase']} at {row['cursor']}: {row['error']}"


def _servers_final(world: World) -> Iterator[str]:
    for row in world.living.values():
        if row["status"] == "ERROR" and row["id"] not in world.hosts.excused and not _was_refused(world, row):
            yield f"{row['id']} is in ERROR for no reason of its own: {row['fault']}"
        elif row["status"] not in AT_REST:
            yield f"{row['id']} is {row['status']}"


def _was_refused(world: World, row: Any) -> bool:
    """Whether its networks or volumes could not be made, its host was given up, or there was no room for it.

    The latter only where hosts are tight, or their processors given away, and never for want of hosts that are heard.
    """
    said = row["fault"]["message"]
    if NAT_FAILS in said or any(network_id in said for host in world.hosts.by_name.values() for network_id in host.failed_networks):
        return True
    if "was declared down" in said or any(volume_id in said for host in world.hosts.by_name.values() for volume_id in host.disks.excused):
        return True
    no_room = world.hosts.inventory is TIGHT or "numa removed" in said
    return no_room and "No valid host" in said and "alive" not in said


def _room(world: World) -> Iterator[str]:
    for host in world.hosts.by_name.values():
        taken = sum(row["memory_mib"] for row in world.living.values() if row["host"] == host.name)
        if taken > world.hosts.inventory["memory_mib"]:
            yield f"{host.name} has {world.hosts.inventory['memory_mib']} MiB, and servers with {taken}"


def _claims(world: World) -> Iterator[str]:
    placed = {row["id"]: row["host"] for row in world.living.values() if row["host"]}
    if placed != world.claims:
        yield f"servers are at {placed}, claims say {world.claims}"


def _hypervisors(world: World) -> Iterator[str]:
    for host in world.hosts.by_name.values():
        here = {row["id"]: row for row in world.living.values() if row["host"] == host.name}
        left = {row["server_id"] for row in world.moves if row["host"] == host.name}
        if set(here) | left != set(host.made):
            yield f"{host.name} has {sorted(host.made)}, its servers are {sorted(here)}, those that left {sorted(left)}"
        for server_id, row in here.items():
            power = host.power.get(server_id)
            if row["status"] in POWER and power is not POWER[row["status"]]:
                yield f"{server_id} is {row['status']}, and {power} on {host.name}"


def _ports(world: World) -> Iterator[str]:
    for row in world.ports:
        if row["device_owner"].startswith("compute:"):
            holder = world.living.get(row["device_id"])
            if holder is None:
                yield f"port {row['id']} belongs to {row['device_id']}, which is gone"
            elif row["binding_host_id"] != (holder["host"] or ""):
                yield f"port {row['id']} is bound to {row['binding_host_id']}, its server is at {holder['host']}"
    with_ports = {row["device_id"] for row in world.ports}
    for server_id, row in world.living.items():
        if row["host"] and server_id not in with_ports:
            yield f"{server_id} has no port"


def findings_of_networks(cloud: Cloud) -> list[str]:
    """Hosts whose networks are not as the database wants them."""
    found = []
    for host in cloud.hosts.by_name.values():
        wanted = {each["id"]: each for each in desired.desired(cloud.store.connection, host.name, None)["networks"]}
        for network_id in sorted(wanted.keys() | host.networks.keys()):
            if wanted.get(network_id) != host.networks.get(network_id):
                found.append(f"{host.name} has of network {network_id} {host.networks.get(network_id)}, "
                             f"wanted is {wanted.get(network_id)}")
    cloud.store.connection.rollback()
    return found


def findings_of_bells(cloud: Cloud) -> list[str]:
    """Operations that waited although nothing was wrong: a bell that rang too early, or not at all."""
    first = sa.func.min(operation_event.c.started_at).label("first")
    query = sa.select(operation.c.flow, operation.c.resource_id, operation.c.created_at, first).join(
        operation_event, operation_event.c.operation_id == operation.c.id).group_by(operation.c.id)
    rows = cloud.store.connection.execute(query).all()
    cloud.store.connection.rollback()
    return [f"bells: {row.flow} of {row.resource_id} began {row.first - row.created_at:.3f} s after it was asked for"
            for row in rows if row.first - row.created_at > LONGEST_BEGIN_S]


def _networks(world: World) -> Iterator[str]:
    yield from findings_of_networks(world.cloud)


def _audit(world: World) -> Iterator[str]:
    said = {f"compute.{host.name}": host.holdings().to_dict() for host in world.hosts.by_name.values()}
    # All is still, so every host must have reached the newest revision: nothing of it is excused.
    newest = {"revision": revisions.current(world.connection)}
    said |= {f"network.{host.name}": host.network_holdings().to_dict() | newest for host in world.hosts.by_name.values()}
    said["image"] = {"stores": {name: FileStore(image_directory(name)).holdings().to_dict() for name in STORES}}
    said |= {f"image.{host}": FileStore(staging_directory(host)).holdings().to_dict() for host in CONTROLLERS}
    said |= {f"volume.{host.name}": {"backends": {NAME: host.disks.holdings().to_dict()},
                                     "backups": world.hosts.backups.holdings().to_dict()}
             for host in world.hosts.by_name.values()}
    for difference in differences_now(world.cloud.database(), said):
        yield str(difference)


def _images(world: World) -> Iterator[str]:
    staged = {row.image_id for row in world.connection.execute(sa.select(image_staging.c.image_id))}
    for row in world.images:
        if row["status"] not in ("queued", "active") and not (row["status"] == "uploading" and row["id"] in staged):
            yield f"image {row['id']} is {row['status']}"
    for orphan in _orphans(world.cloud):
        yield f"orphaned: {orphan}"


def _volumes(world: World) -> Iterator[str]:
    excused = {each for host in world.hosts.by_name.values() for each in host.disks.excused}
    for row in world.connection.execute(sa.select(volume)).mappings():
        if row["status"] not in ("available", "in-use", "awaiting-transfer") and not (row["status"] == "error" and row["id"] in excused):
            yield f"volume {row['id']} is {row['status']}: {row['fault']}"
        if row["growing_gib"] is not None:
            yield f"volume {row['id']} is still growing to {row['growing_gib']} GiB"
    for table in (volume_group, volume_group_snapshot):
        for row in world.connection.execute(sa.select(table)).mappings():
            if row["status"] != "available":
                yield f"{table.name} {row['id']} is {row['status']}"
    for row in world.connection.execute(sa.select(volume_snapshot)).mappings():
        if row["status"] != "available" and not (row["status"] == "error" and row["id"] in excused):
            yield f"snapshot {row['id']} is {row['status']}"
    for row in world.connection.execute(sa.select(volume_backup)).mappings():
        if row["status"] != "available" and not (row["status"] == "error" and row["id"] in excused):
            yield f"backup {row['id']} is {row['status']}: {row['fault']}"


def _volumes_of_servers(world: World) -> Iterator[str]:
    rows, attached = (list(world.connection.execute(sa.select(table)).mappings()) for table in (volume, volume_attachment))
    builds = world.connection.execute(sa.select(operation).where(operation.c.flow == "build_server")).mappings().all()
    yield from boots.findings(builds, world.servers, rows, attached, world.users.known["volume"])


def findings_of_imports(cloud: Cloud) -> list[str]:
    """Imports that came to nothing although nothing was wrong, and nobody deleted their image."""
    query = sa.select(operation).where(
        operation.c.resource_type == "image", operation.c.phase != "done", operation.c.cancel.is_(False))
    rows = cloud.store.connection.execute(query).mappings().all()
    cloud.store.connection.rollback()
    return [f"imports: {row['action']} of {row['resource_id']} is {row['phase']}: {row['error']}" for row in rows]


def _one_copy(world: World) -> Iterator[str]:
    yield from world.hosts.violations
    yield from (f"copy {each} does not hold what it is of" for host in world.hosts.by_name.values() for each in host.disks.torn)


def _promises(world: World) -> Iterator[str]:
    names = {kind: collections.Counter(world.texts(column)) for kind, (_, column) in THINGS.items()}
    servers = [row["name"] for row in world.servers]  # the deleted ones too
    for promise in world.users.promises:
        base = promise.name
        if promise.kind == "server":
            made, is_gone = sum(1 for name in servers if name == base or name.startswith(f"{base}-")), False
        else:
            made, is_gone = names[promise.kind][base], bool({promise.made_id, *promise.owners} & world.users.deleting)
        wanted = 0 if promise.refused else promise.count
        if made not in ((wanted,) if promise.is_exact and not is_gone else (0, promise.count)):
            yield f"{promise} has made {made}"


def _deletions(world: World) -> Iterator[str]:
    there = {kind: set(world.texts(column)) for kind, (column, _) in THINGS.items()} | {"server": set(world.living)}
    for kind, resource_id in world.users.deleted:
        if resource_id in there[kind]:
            yield f"the deletion of {kind} {resource_id} was accepted, and it is still there"


CHECKS: tuple[Callable[[World], Iterator[str]], ...] = (
    _operations_ended, _servers_final, _room, _claims, _hypervisors, _ports, _networks, _images, _volumes, _volumes_of_servers,
    _one_copy, _promises, _deletions, _audit,
)
