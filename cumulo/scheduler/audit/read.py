"""The database's side of the audit, read in one transaction: columns, not whole rows.

Deleted servers stay as rows for ever, so only those are read that a claim, a port or an operation
still names; `deleted` adds those that hosts name.
"""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.db.tables import (
    compute,
    identity,
    image,
    network,
    network_pool,
    network_router,
    network_sharing,
    volume,
    volume_backup,
)
from cumulo.common.db.tables.base import metadata
from cumulo.common.db.tables.idempotency import idempotency_key
from cumulo.common.db.tables.operations import operation
from cumulo.image import imports
from cumulo.network import hosts, needs, segments
from cumulo.scheduler.audit import facts
from cumulo.volume import quotas as volume_quotas

_IDS_IN_ONE_QUERY = 1000  # SQLite takes at most 32,766 parameters
EXPIRED_KEYS_STAY_S = 3600.0  # they are swept away every half minute
_MOST_ORPHANS = 100  # of one kind: a table that lost its other half is one finding, not a million

LOGICAL_REFERENCES: tuple[tuple[sa.Column[Any], sa.Column[Any], sa.ColumnElement[bool]], ...] = (
    (compute.server_tag.c.server_id, compute.server.c.id, sa.true()),
    (compute.aggregate_host.c.host, compute.compute_host.c.name, sa.true()),
    (compute.compute_quota.c.project_id, identity.project.c.id, sa.true()),
    (compute.server.c.group_id, compute.server_group.c.id, sa.true()),
    (compute.server_move.c.server_id, compute.server.c.id, sa.true()),
    (compute.server.c.shelved_image_id, image.image.c.id, sa.true()),
    (compute.flavor_access.c.flavor_id, compute.flavor.c.id, sa.true()),
    *((given.c.target_id, named.c.id, given.c.target_kind.in_((kind, f"below:{kind}")))
      for given in (identity.assignment, identity.group_assignment)
      for kind, named in (("project", identity.project), ("domain", identity.domain))),
    (identity.project.c.parent_id, identity.project.c.id, sa.true()),
    (identity.role.c.domain_id, identity.domain.c.id, identity.role.c.domain_id != ""),
    (network.network.c.id, network.network_change.c.network_id, sa.true()),
    *((holder.c.qos_policy_id, network_sharing.qos_policy.c.id, sa.true()) for holder in (network.network, network.port)),
    (network.subnet.c.subnet_pool_id, network_pool.subnet_pool.c.id, sa.true()),
    (volume.volume.c.backend, volume.volume_backend.c.name, sa.true()),
    (volume.volume_type.c.qos_specs_id, volume.volume_qos_specs.c.id, sa.true()),
    (volume.volume_default_type.c.project_id, identity.project.c.id, sa.true()),
    (volume.volume.c.group_id, volume.volume_group.c.id, sa.true()),
    (volume.volume_snapshot.c.group_snapshot_id, volume.volume_group_snapshot.c.id, sa.true()),
    (volume.volume_group.c.project_id, identity.project.c.id, sa.true()),
    (volume.volume.c.project_id, identity.project.c.id, sa.true()),
    (volume_backup.volume_backup.c.project_id, identity.project.c.id, sa.true()),
)
"""What a row names without a foreign key: (column, the column it names, for which rows)."""


def read(database: Database) -> facts.DatabaseFacts:
    """Return the rows as they are now."""
    with database.read() as connection:
        needed = _needed(connection)
        claims = tuple(_rows(connection, facts.Claim, compute.claim))
        operations, ports = _operations(connection), _ports(connection)
        named = {each.server_id for each in claims} | {each.resource_id for each in operations}
        named |= {each.device_id for each in ports}
        return facts.DatabaseFacts(
            now=database.now(connection), servers=_servers(connection, named), claims=claims, operations=operations,
            moves=tuple(_rows(connection, facts.Claim, compute.server_move)),
            ports=ports, sub_ports=_sub_ports(connection), addresses=tuple(_rows(connection, facts.Address, network.port_address)),
            subnets=tuple(_rows(connection, facts.Subnet, network.subnet)), networks=_networks(connection),
            images=_images(connection), staged=tuple(_rows(connection, facts.Staged, image.image_staging)),
            imports=_imports(connection),
            volumes=tuple(_rows(connection, facts.Volume, volume.volume)),
            snapshots=tuple(_rows(connection, facts.Snapshot, volume.volume_snapshot)),
            attachments=tuple(_rows(connection, facts.Attachment, volume.volume_attachment)),
            empty_groups=_empty_groups(connection),
            transfers=frozenset(_texts(connection, volume.volume_transfer.c.volume_id)),
            volume_hosts=_texts(connection, compute.service_status.c.host, compute.service_status.c.kind == "volume"),
            volume_usage=_volume_usage(connection),
            backups=tuple(_rows(connection, facts.Backup, volume_backup.volume_backup)), backup_usage=_backup_usage(connection),
            projects=tuple(_rows(connection, facts.Project, identity.project)), implied_roles=_implied(connection),
            orphans=tuple(_orphans(connection)),
            compute_hosts=_texts(connection, compute.compute_host.c.name),
            inventories={row.name: row.hypervisor for row in connection.execute(
                sa.select(compute.compute_host.c.name, compute.compute_host.c.hypervisor))},
            network_hosts=_texts(connection, compute.service_status.c.host, compute.service_status.c.kind == "network"),
            image_hosts=_texts(connection, compute.service_status.c.host, compute.service_status.c.kind == "image"),
            usage=_usage(connection),
            revision=connection.execute(sa.select(sa.func.max(network.network_revision.c.revision))).scalar() or 0,
            changes=_numbers(connection, network.network_change.c.network_id, network.network_change.c.revision),
            applied=_numbers(connection, network.network_host.c.host, network.network_host.c.applied_revision),
            wired=hosts.all_wired(connection), needed={host: each.networks for host, each in needed.items()},
            needed_routers={host: each.routers for host, each in needed.items()},
            unanswered_keys=_texts(connection, idempotency_key.c.id, idempotency_key.c.status.is_(None)),
            expired_keys=connection.execute(sa.select(sa.func.count()).select_from(idempotency_key).where(
                idempotency_key.c.expires_at < database.now(connection) - EXPIRED_KEYS_STAY_S)).scalar_one())


def deleted(database: Database, server_ids: Iterable[str]) -> tuple[facts.Server, ...]:
    """Return those of these servers that are deleted."""
    with database.read() as connection:
        return tuple(_deleted(connection, server_ids))


def _images(connection: sa.Connection) -> tuple[facts.Image, ...]:
    columns, located = image.image.c, dict[str, list[tuple[str, str]]]()
    places = image.image_location.c
    for image_id, store, name in connection.execute(
            sa.select(places.image_id, places.store, places.name).order_by(places.image_id, places.store)):
        located.setdefault(image_id, []).append((store, name))
    rows = connection.execute(sa.select(columns.id, columns.status, columns.upload_id, columns.upload_renewed_at)
                              .order_by(columns.id))
    on_web = set(connection.execute(sa.select(image.image_url.c.image_id)).scalars())
    of_volumes = set(connection.execute(sa.select(image.image_property.c.image_id).where(
        image.image_property.c.name == "block_device_mapping")).scalars())
    return tuple(facts.Image(*row, locations=tuple(located.get(row.id, ())), is_on_web=row.id in on_web,
                             is_of_volumes=row.id in of_volumes)
                 for row in rows)


def _imports(connection: sa.Connection) -> tuple[facts.Import, ...]:
    states = imports.states_under_way(connection)
    found = (facts.Import(each["image_id"], each["host"], each["name"], each.get("staged", "")) for each in states)
    return tuple(sorted(found, key=lambda each: each.image_id))


def _rows(connection: sa.Connection, kind: type[Any], table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
    """The rows as values of a class whose fields are named as the columns are, in the order of the key."""
    columns = [table.c[field.name] for field in dataclasses.fields(kind)]
    query = sa.select(*columns).where(*where).order_by(*table.primary_key.columns)
    return [kind(*row) for row in connection.execute(query)]


def _servers(connection: sa.Connection, named: set[str]) -> tuple[facts.Server, ...]:
    """Those that live, and of the deleted ones those that are named."""
    living = _rows(connection, facts.Server, compute.server, compute.server.c.deleted_at.is_(None))
    return (*living, *_deleted(connection, named - {each.id for each in living}))


def _deleted(connection: sa.Connection, server_ids: Iterable[str]) -> list[facts.Server]:
    wanted = sorted(set(server_ids))
    found: list[facts.Server] = []
    for start in range(0, len(wanted), _IDS_IN_ONE_QUERY):
        some = wanted[start:start + _IDS_IN_ONE_QUERY]
        found += _rows(connection, facts.Server, compute.server, compute.server.c.id.in_(some),
                       compute.server.c.deleted_at.is_not(None))
    return found


def _operations(connection: sa.Connection) -> tuple[facts.Operation, ...]:
    unfinished = sa.or_(operation.c.active_key.is_not(None), operation.c.phase.in_((*facts.DOING, "stuck")))
    return tuple(_rows(connection, facts.Operation, operation, unfinished))


def _ports(connection: sa.Connection) -> tuple[facts.Port, ...]:
    port = network.port.c
    query = sa.select(port.id, port.network_id, port.device_id, port.device_owner, port.mac_address,
                      port.binding_host_id, port.status, port.bound_revision, port.hostname).order_by(port.id)
    return tuple(facts.Port(*row) for row in connection.execute(query))


def _sub_ports(connection: sa.Connection) -> tuple[facts.SubPort, ...]:
    carried, trunk = network_sharing.trunk_subport.c, network_sharing.trunk
    query = sa.select(carried.port_id, carried.trunk_id, trunk.c.port_id).join_from(
        network_sharing.trunk_subport, trunk, trunk.c.id == carried.trunk_id).order_by(carried.port_id)
    return tuple(facts.SubPort(*row) for row in connection.execute(query))


def _networks(connection: sa.Connection) -> tuple[facts.Network, ...]:
    columns = network.network.c
    query = sa.select(columns.id, columns.provider_network_type, columns.provider_physical_network).order_by(columns.id)
    several = segments.several(connection)
    return tuple(facts.Network(row[0], row[1] == "flat" and row[0] not in several, row[2], row[1] in segments.OVERLAYS)
                 for row in connection.execute(query))


def _needed(connection: sa.Connection) -> dict[str, needs.Needs]:
    """Without routers a host needs the networks of its ports, which the ports say."""
    if connection.execute(sa.select(network_router.router.c.id).limit(1)).first() is None:
        return {}
    known = connection.execute(sa.select(network.network_host.c.host).order_by(network.network_host.c.host)).scalars().all()
    return {host: needs.of_host(connection, host) for host in known}


def _usage(connection: sa.Connection) -> dict[str, tuple[int, int, int]]:
    server = compute.server.c
    query = sa.select(server.project_id, sa.func.count(), sa.func.sum(server.vcpus), sa.func.sum(server.memory_mib))
    rows = connection.execute(query.where(server.deleted_at.is_(None)).group_by(server.project_id))
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def _volume_usage(connection: sa.Connection) -> dict[str, tuple[int, int, int]]:
    projects = {*connection.execute(sa.select(volume.volume.c.project_id).distinct()).scalars(),
                *connection.execute(sa.select(volume.volume_snapshot.c.project_id).distinct()).scalars()}
    names = (volume_quotas.VOLUMES, volume_quotas.SNAPSHOTS, volume_quotas.GIGABYTES)
    found = {}
    for project_id in sorted(projects):
        used = volume_quotas.usage_of(connection, project_id)
        found[project_id] = (used.get(names[0], 0), used.get(names[1], 0), used.get(names[2], 0))
    return found


def _empty_groups(connection: sa.Connection) -> tuple[str, ...]:
    found: list[str] = []
    for table, part in ((volume.volume_group, volume.volume.c.group_id),
                        (volume.volume_group_snapshot, volume.volume_snapshot.c.group_snapshot_id)):
        is_empty = ~sa.exists().where(part == table.c.id)
        found += connection.execute(sa.select(table.c.id).where(table.c.status == "deleting", is_empty).order_by(table.c.id)).scalars()
    return tuple(found)


def _backup_usage(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    projects = connection.execute(sa.select(volume_backup.volume_backup.c.project_id).distinct()).scalars().all()
    found = {project_id: volume_quotas.usage_of(connection, project_id) for project_id in sorted(projects)}
    return {project_id: (used.get(volume_quotas.BACKUPS, 0), used.get(volume_quotas.BACKUP_GIGABYTES, 0))
            for project_id, used in found.items()}


def _implied(connection: sa.Connection) -> tuple[tuple[str, str], ...]:
    table = identity.role_implication
    return tuple((row[0], row[1]) for row in connection.execute(
        sa.select(table.c.prior_role_id, table.c.implied_role_id).order_by(*table.primary_key.columns)))


def _texts(connection: sa.Connection, column: sa.Column[Any], *where: sa.ColumnElement[bool]) -> tuple[str, ...]:
    return tuple(connection.execute(sa.select(column).where(*where).order_by(column)).scalars())


def _numbers(connection: sa.Connection, key: sa.Column[Any], value: sa.Column[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(sa.select(key, value).order_by(key))}


def _orphans(connection: sa.Connection) -> list[facts.Orphan]:
    return [facts.Orphan(column.table.name, column.name, str(value), named.table.name)
            for column, named, query in _orphan_queries() for value in sorted(connection.execute(query).scalars())]


@functools.cache
def _orphan_queries() -> Sequence[tuple[sa.Column[Any], sa.Column[Any], sa.Select[Any]]]:
    """For every reference: where it stands, what it names, and the statement that finds those that name nothing."""
    queries = []
    for column, named, condition in (*_foreign_keys(), *LOGICAL_REFERENCES):
        # An alias, because a table may name itself.
        other = named.table.alias()
        is_there = sa.exists().where(other.c[named.name] == column)
        query = sa.select(column).distinct().where(column.is_not(None), condition, ~is_there).limit(_MOST_ORPHANS)
        queries.append((column, named, query))
    return queries


def _foreign_keys() -> Sequence[tuple[sa.Column[Any], sa.Column[Any], sa.ColumnElement[bool]]]:
    """Every foreign key of every table, also of those that are yet to be invented."""
    migrate.load_tables()
    return [(key.parent, key.column, sa.true()) for table in metadata.sorted_tables
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)]
