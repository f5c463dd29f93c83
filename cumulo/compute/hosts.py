"""Hosts and services as the API shows them: inventory, what is claimed, who was heard lately."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import aggregate_host, claim, compute_host, server, service_status

_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
BINARIES = {"compute": "nova-compute", "scheduler": "nova-scheduler", "conductor": "nova-conductor"}
"""The compute API's names of our kinds of services; other kinds are other APIs' business."""


def list_hosts(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Return the hosts with what is claimed on each: used_vcpus, used_memory_mib, used_disk_gib, servers, last_seen."""
    used = sa.select(
        claim.c.host, sa.func.count().label("servers"), sa.func.sum(claim.c.vcpus).label("used_vcpus"),
        sa.func.sum(claim.c.memory_mib).label("used_memory_mib"), sa.func.sum(claim.c.disk_gib).label("used_disk_gib"),
    ).group_by(claim.c.host).subquery()
    numbers = [sa.func.coalesce(column, 0).label(column.name) for column in used.c if column.name != "host"]
    alive = sa.and_(service_status.c.host == compute_host.c.name, service_status.c.kind == "compute")
    query = (sa.select(compute_host, *numbers, service_status.c.last_seen, service_status.c.number.label("service_number"),
                       service_status.c.id.label("service_id"))
             .outerjoin(used, used.c.host == compute_host.c.name).outerjoin(service_status, alive)
             .where(*where).order_by(compute_host.c.number))
    return [{**row, **{column.name: int(row[column.name]) for column in numbers}}
            for row in connection.execute(query).mappings()]


def get_host(connection: sa.Connection, text: str, *, by_number: bool = True) -> dict[str, Any]:
    """Return the host of this number or id, or of this id alone; raises NotFound, BadRequest for what is no id."""
    found = list_hosts(connection, _is(compute_host, text, by_number))
    if not found:
        raise errors.NotFound(f"Compute host {text[:64]} could not be found.")
    return found[0]


def servers_on(connection: sa.Connection, names: list[str]) -> dict[str, list[dict[str, str]]]:
    """Return the living servers of each host: uuid and name."""
    found: dict[str, list[dict[str, str]]] = {name: [] for name in names}
    query = sa.select(server.c.id, server.c.name, server.c.host).where(
        server.c.host.in_(names), server.c.deleted_at.is_(None)).order_by(server.c.created_at, server.c.id)
    for row in connection.execute(query):
        found[row.host].append({"uuid": row.id, "name": row.name})
    return found


def projects_on(connection: sa.Connection, name: str) -> list[tuple[str, int, int, int]]:
    """Return each project with servers on a host, and the processors, MiB and GiB that they claim there."""
    rows = connection.execute(sa.select(
        server.c.project_id, sa.func.sum(claim.c.vcpus), sa.func.sum(claim.c.memory_mib), sa.func.sum(claim.c.disk_gib),
    ).join_from(claim, server, server.c.id == claim.c.server_id).where(claim.c.host == name).group_by(
        server.c.project_id).order_by(server.c.project_id))
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


def list_services(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Return the compute API's services, each with binary, disabled, disabled_reason and forced_down."""
    of_host = sa.and_(compute_host.c.name == service_status.c.host, service_status.c.kind == "compute")
    query = sa.select(
        service_status, compute_host.c.disabled, compute_host.c.disabled_reason, compute_host.c.forced_down,
    ).outerjoin(compute_host, of_host).where(service_status.c.kind.in_(BINARIES), *where).order_by(service_status.c.number)
    return [_service(row) for row in connection.execute(query).mappings()]


def get_service(connection: sa.Connection, text: str, *, by_number: bool = True) -> dict[str, Any]:
    """Return the service of this number or id, or of this id alone; raises NotFound, BadRequest for what is no id."""
    found = list_services(connection, _is(service_status, text, by_number))
    if not found:
        raise errors.NotFound(f"Service {text[:64]} could not be found.")
    return found[0]


def delete_service(connection: sa.Connection, service: Mapping[str, Any]) -> None:
    """Forget a service, and a compute service's host with it; raises Conflict while servers are there."""
    host = service["host"]
    if service["kind"] == "compute":
        # The claims are made against this row: held, nobody places a server here meanwhile.
        connection.execute(sa.update(compute_host).where(compute_host.c.name == host).values(
            generation=compute_host.c.generation + 1))
        if connection.execute(sa.select(claim.c.server_id).where(claim.c.host == host).limit(1)).first():
            raise errors.Conflict("Unable to delete compute service that is hosting instances. Migrate or delete the "
                                  "instances first.")
        connection.execute(sa.delete(aggregate_host).where(aggregate_host.c.host == host))
        connection.execute(sa.delete(compute_host).where(compute_host.c.name == host))
    connection.execute(sa.delete(service_status).where(service_status.c.id == service["id"]))


def _service(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "binary": BINARIES[row["kind"]], "disabled": bool(row["disabled"]),
            "forced_down": bool(row["forced_down"])}


def is_up(last_seen: float | None, now: float, *, down_after_s: float, forced_down: bool = False) -> bool:
    """Say whether a service counts as up: heard of lately and not declared down."""
    return not forced_down and last_seen is not None and now - last_seen <= down_after_s


def update_host(connection: sa.Connection, name: str, **values: Any) -> None:
    """Change disabled, disabled_reason or forced_down of a host; raises NotFound."""
    # updated_at stays: it is when the agent registered, and its facts are as old.
    changed = connection.execute(sa.update(compute_host).where(compute_host.c.name == name).values(**values))
    if changed.rowcount == 0:
        raise errors.NotFound(f"Compute host {name} could not be found.")


def statuses(connection: sa.Connection, now: float, names: list[str], down_after_s: float) -> dict[str, str]:
    """Return host_status of hosts: UP, DOWN or MAINTENANCE; a host without a row is UNKNOWN."""
    if not names:
        return {}
    rows = list_hosts(connection, compute_host.c.name.in_(names))
    found = dict.fromkeys(names, "UNKNOWN")
    for row in rows:
        up = is_up(row["last_seen"], now, down_after_s=down_after_s, forced_down=row["forced_down"])
        found[row["name"]] = "MAINTENANCE" if row["disabled"] else "UP" if up else "DOWN"
    return found


def _is(table: sa.Table, text: str, by_number: bool) -> sa.ColumnElement[bool]:
    """The row whose number or id a client names."""
    if by_number and text.isascii() and text.isdigit() and len(text) < 10:
        return table.c.number == int(text)
    if not by_number and not _UUID.fullmatch(text):
        raise errors.BadRequest(f"Invalid uuid {text[:64]}")
    return table.c.id == text
