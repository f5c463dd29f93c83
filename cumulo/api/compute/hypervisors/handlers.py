"""Hypervisors: what each host has, what is claimed of it, and which servers are on it."""

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import hosts

Row = Mapping[str, Any]


def list_brief(request: Request) -> dict[str, Any]:
    """List hypervisors with id, name and state."""
    rows, now = _rows(request)
    return {"hypervisors": [_brief(request, row, now) for row in rows]}


def list_full(request: Request) -> dict[str, Any]:
    """List hypervisors with what they have."""
    rows, now = _rows(request)
    return {"hypervisors": [_full(request, row, now) for row in rows]}


def show(request: Request) -> dict[str, Any]:
    """Show a hypervisor."""
    row, now = _row(request)
    return {"hypervisor": _full(request, row, now)}


def show_uptime(request: Request) -> dict[str, Any]:
    """Show how long a host has been running: what its agent said at its start, and the time since then."""
    row, now = _row(request)
    said_s = row["hypervisor"].get("uptime_s")
    if said_s is None:
        raise errors.BadRequest("The hypervisor of this host does not tell its uptime.")
    minutes = int(said_s + now - row["updated_at"]) // 60
    text = f"up {minutes // 1440} days, {minutes // 60 % 24:02}:{minutes % 60:02}"
    return {"hypervisor": _brief(request, row, now) | {"uptime": text}}


def search(request: Request) -> dict[str, Any]:
    """List the hypervisors whose name holds a text; raises NotFound when there is none."""
    rows, now = _named(request)
    return {"hypervisors": [_brief(request, row, now) for row in rows]}


def list_servers(request: Request) -> dict[str, Any]:
    """List the servers on the hypervisors whose name holds a text."""
    rows, now = _named(request)
    with request.services.database.read() as connection:
        found = hosts.servers_on(connection, [row["name"] for row in rows])
    return {"hypervisors": [
        _brief(request, row, now) | ({"servers": found[row["name"]]} if found[row["name"]] else {}) for row in rows]}


def statistics(request: Request) -> dict[str, Any]:
    """Add up all hypervisors that are enabled."""
    rows, now = _rows(request)
    views = [_full(request, row, now) for row in rows if not row["disabled"]]
    names = ("current_workload", "free_disk_gb", "free_ram_mb", "local_gb", "local_gb_used", "memory_mb",
             "memory_mb_used", "running_vms", "vcpus", "vcpus_used")
    total = {name: sum(view[name] for view in views) for name in names}
    least = sum(view["disk_available_least"] or 0 for view in views)
    return {"hypervisor_statistics": {"count": len(views), "disk_available_least": least, **total}}


def _rows(request: Request, *where: sa.ColumnElement[bool]) -> tuple[list[dict[str, Any]], float]:
    with request.services.database.read() as connection:
        return hosts.list_hosts(connection, *where), request.services.database.now(connection)


def _row(request: Request) -> tuple[dict[str, Any], float]:
    with request.services.database.read() as connection:
        return hosts.get_host(connection, request.params["hypervisor_id"]), request.services.database.now(connection)


def _named(request: Request) -> tuple[list[dict[str, Any]], float]:
    text = request.params["hypervisor_id"]
    rows, now = _rows(request, compute_host.c.name.contains(text, autoescape=True))
    if not rows:
        raise errors.NotFound(f"No hypervisor matching '{text[:64]}' could be found.")
    return rows, now


def _brief(request: Request, row: Row, now: float) -> dict[str, Any]:
    up = hosts.is_up(row["last_seen"], now, down_after_s=request.services.conf.servers.service_down_after_s,
                     forced_down=row["forced_down"])
    return {"id": row["number"], "hypervisor_hostname": row["name"], "state": "up" if up else "down",
            "status": "disabled" if row["disabled"] else "enabled"}


def _full(request: Request, row: Row, now: float) -> dict[str, Any]:
    facts = row["hypervisor"]
    return _brief(request, row, now) | {
        "hypervisor_type": str(facts.get("type", "QEMU")), "hypervisor_version": int(facts.get("version") or 0),
        "host_ip": facts.get("address"), "cpu_info": orjson.dumps(facts.get("cpu_info") or {}).decode(),
        "current_workload": 0, "disk_available_least": facts.get("disk_free_gib"),
        "vcpus": row["vcpus"], "vcpus_used": row["used_vcpus"],
        "memory_mb": row["memory_mib"], "memory_mb_used": row["used_memory_mib"],
        "free_ram_mb": row["memory_mib"] - row["used_memory_mib"],
        "local_gb": row["disk_gib"], "local_gb_used": row["used_disk_gib"],
        "free_disk_gb": row["disk_gib"] - row["used_disk_gib"], "running_vms": row["servers"],
        "service": {"host": row["name"], "id": row["service_number"] or 0, "disabled_reason": row["disabled_reason"]}}
