"""What placement looks at, read from the database: every host with what is claimed of it, and one request."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.db.tables.compute import (
    claim,
    compute_host,
    server,
    server_group,
    server_move,
    service_status,
)
from cumulo.common.db.tables.image import image_property
from cumulo.compute import (
    aggregates,
    cells,
    fits,
    hardware,
    leftovers,
    moves,
    passthrough,
    server_groups,
)
from cumulo.network import guarantees, routed
from cumulo.network import hosts as network_hosts
from cumulo.scheduler.filters import Group, Host, Limits, Request
from cumulo.volume import attachments

_TAKEN = sa.union_all(*(
    sa.select(table.c.host, table.c.vcpus, table.c.memory_mib, table.c.disk_gib, table.c.dedicated, table.c.paged_mib)
    for table in (claim, server_move)
)).subquery("taken")
_USED = (
    sa.select(
        _TAKEN.c.host,
        sa.func.sum(_TAKEN.c.vcpus).label("vcpus"),
        sa.func.sum(_TAKEN.c.memory_mib).label("memory_mib"),
        sa.func.sum(_TAKEN.c.disk_gib).label("disk_gib"),
        sa.func.sum(_TAKEN.c.dedicated).label("dedicated"),
        sa.func.sum(_TAKEN.c.paged_mib).label("paged_mib"),
    )
    .group_by(_TAKEN.c.host)
    .subquery("used")
)
_SPEC = "aggregate_instance_extra_specs:"
_HEARD = sa.and_(service_status.c.host == compute_host.c.name, service_status.c.kind == "compute")
_HOSTS = (
    sa.select(
        compute_host,
        sa.func.coalesce(_USED.c.vcpus, 0).label("used_vcpus"),
        sa.func.coalesce(_USED.c.memory_mib, 0).label("used_memory_mib"),
        sa.func.coalesce(_USED.c.disk_gib, 0).label("used_disk_gib"),
        sa.func.coalesce(_USED.c.dedicated, 0).label("used_dedicated"),
        sa.func.coalesce(_USED.c.paged_mib, 0).label("used_paged_mib"),
        service_status.c.last_seen,
    )
    .outerjoin(_USED, _USED.c.host == compute_host.c.name)
    .outerjoin(service_status, _HEARD)
    .order_by(compute_host.c.name)
)


_SERVER = sa.select(server).where(server.c.id == sa.bindparam("its_id"))
_ARCHITECTURE = sa.select(image_property.c.value).where(
    image_property.c.image_id == sa.bindparam("its_image"), image_property.c.name == "architecture")


def hosts(connection: sa.Connection, now: float, conf: cfg.ConfigOpts, wanted: Request | None = None) -> list[Host]:
    """Every compute host, in one statement; who has what of them as well where the request is for some of it."""
    said = aggregates.metadata_of_hosts(connection)
    given = fits_on(connection) if wanted and (wanted.demand or wanted.devices) else {}
    left = guarantees.left(connection) if wanted and wanted.rates else {}
    wired = network_hosts.all_wired(connection) if wanted and wanted.wires else {}
    return [dataclasses.replace(_host(row, now, conf, said.get(row["name"], {}), tuple(given.get(row["name"], ()))),
                                rates_left=left.get(row["name"], {}), wired=wired.get(row["name"], frozenset()))
            for row in connection.execute(_HOSTS).mappings()]


def fits_on(connection: sa.Connection) -> dict[str, list[fits.Fit]]:
    """Return by host what servers have of it for themselves, those that are to come or may go back there among them."""
    found: dict[str, list[fits.Fit]] = {}
    rows = sa.union_all(*(sa.select(table.c.host, table.c.fit) for table in (claim, server_move))).subquery()
    for row in connection.execute(sa.select(rows).where(rows.c.fit.is_not(None))):
        given = fits.fit(row.fit)
        if given is not None:
            found.setdefault(row.host, []).append(given)
    return found


def _host(row: sa.RowMapping, now: float, conf: cfg.ConfigOpts, said: dict[str, list[str]], given: tuple[fits.Fit, ...]) -> Host:
    unheard = row["last_seen"] is None or row["forced_down"]
    return Host(
        name=row["name"],
        generation=row["generation"],
        vcpus=row["vcpus"],
        memory_mib=row["memory_mib"],
        disk_gib=row["disk_gib"],
        used_vcpus=int(row["used_vcpus"]),
        used_memory_mib=int(row["used_memory_mib"]),
        used_disk_gib=int(row["used_disk_gib"]),
        used_dedicated=int(row["used_dedicated"]),
        used_paged_mib=int(row["used_paged_mib"]),
        cells=fits.host_cells(row["hypervisor"].get("cells", ())),
        devices=fits.devices(row["hypervisor"].get("devices", ())),
        fits=given,
        said=frozenset((key, value) for key, values in said.items() for value in values),
        zone=said.get(aggregates.ZONE, [""])[0] or row["hypervisor"].get("zone") or conf.servers.availability_zone,
        architecture=row["hypervisor"].get("architecture") or "",
        abilities=frozenset(row["hypervisor"].get("abilities", ())) | hardware.kinds(row["hypervisor"]),
        is_enabled=not row["disabled"],
        silent_s=math.inf if unheard else now - row["last_seen"],
    )


def request(connection: sa.Connection, conf: cfg.ConfigOpts, server_id: str, flavor: Mapping[str, Any] | None = None) -> Request:
    """What a server needs, or will with another flavor; NotFound when its row is gone."""
    row = connection.execute(_SERVER, {"its_id": server_id}).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Server {server_id} could not be found.")
    flavor = flavor or row["flavor"]
    return Request(
        server_id=server_id,
        vcpus=flavor["vcpus"],
        memory_mib=flavor["memory_mib"],
        disk_gib=moves.disk_gib(moves.on_host(row, flavor)),
        host=row["requested_host"],
        zone=row["availability_zone"],
        architecture=_architecture(connection, row["image_id"]),
        asked_at=row["created_at"],
        needs=hardware.needs(hardware.of(flavor, row["image_properties"])),
        demand=cells.of(flavor, row["image_properties"]),
        devices=passthrough.wishes(flavor, row["image_properties"], passthrough.aliases(conf.servers.pci_alias)),
        wires=routed.needed_by(connection, server_id),
        rates=guarantees.of_server(connection, server_id),
        group=_group(connection, row),
        left_behind=tuple(leftovers.hosts_with(connection, server_id)),
        wants_said=tuple(sorted((name.removeprefix(_SPEC), value) for name, value in flavor.get("extra_specs", {}).items()
                                if name.startswith(_SPEC))),
        volume_hosts=tuple(attachments.bound_hosts(connection, server_id)),
        **_beside(connection, row),
    )


def _group(connection: sa.Connection, row: sa.RowMapping) -> Group | None:
    if row["group_id"] is None:
        return None
    found = connection.execute(sa.select(server_group).where(server_group.c.id == row["group_id"])).mappings().first()
    if found is None:
        return None
    hosts = server_groups.hosts_of_members(connection, found["id"], row["id"])
    return Group(found["id"], found["generation"], found["policy"], found["rules"].get("max_server_per_host", 1), tuple(hosts))


def _beside(connection: sa.Connection, row: sa.RowMapping) -> dict[str, Any]:
    """The hosts of the servers that the hints name; another project's servers are nowhere."""
    hints, found = row["scheduler_hints"] or {}, {}
    for hint, field in (("same_host", "same_hosts"), ("different_host", "different_hosts")):
        named = hints.get(hint) or []
        if named:
            query = sa.select(server.c.host).distinct().where(
                server.c.id.in_([named] if isinstance(named, str) else named), server.c.project_id == row["project_id"],
                server.c.host.is_not(None)).order_by(server.c.host)
            found[field] = tuple(connection.execute(query).scalars())
    return found


def _architecture(connection: sa.Connection, image_id: str | None) -> str | None:
    return connection.execute(_ARCHITECTURE, {"its_image": image_id}).scalar()


def limits(conf: cfg.ConfigOpts) -> Limits:
    """How far the configuration lets hosts be filled."""
    options = conf.scheduler
    return Limits(
        vcpu_ratio=options.cpu_allocation_ratio,
        memory_ratio=options.ram_allocation_ratio,
        disk_ratio=options.disk_allocation_ratio,
        silent_limit_s=conf.servers.service_down_after_s,
    )
