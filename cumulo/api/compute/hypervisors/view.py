"""Hosts as JSON. Pure but for the configuration that says when a host counts as down."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from cumulo.api.wsgi.route import Request
from cumulo.compute import hosts

Row = Mapping[str, Any]
View = Callable[[Request, Row, float], dict[str, Any]]
SIZES = ("current_workload", "disk_available_least", "free_disk_gb", "free_ram_mb", "local_gb", "local_gb_used",
         "memory_mb", "memory_mb_used", "running_vms", "vcpus", "vcpus_used")


def id_of(request: Request, row: Row) -> int | str:
    """Return the id of a host: a number below 2.53."""
    found: int | str = row["id"] if request.is_at_least("2.53") else row["number"]
    return found


def brief(request: Request, row: Row, now: float) -> dict[str, Any]:
    """Return what a plain list shows."""
    up = hosts.is_up(row["last_seen"], now, down_after_s=request.services.conf.servers.service_down_after_s,
                     forced_down=row["forced_down"])
    return {"id": id_of(request, row), "hypervisor_hostname": row["name"], "state": "up" if up else "down",
            "status": "disabled" if row["disabled"] else "enabled"}


def full(request: Request, row: Row, now: float) -> dict[str, Any]:
    """Return what GET shows."""
    facts = row["hypervisor"]
    service_id = row["service_id"] or "" if request.is_at_least("2.53") else row["service_number"] or 0
    shown = brief(request, row, now) | {
        "hypervisor_type": str(facts.get("type", "QEMU")), "hypervisor_version": int(facts.get("version") or 0),
        "host_ip": facts.get("address"),
        "service": {"host": row["name"], "id": service_id, "disabled_reason": row["disabled_reason"]}}
    if request.is_at_least("2.88"):
        return shown | {"uptime": uptime(row, now)}
    processor = facts.get("cpu_info") or {}
    return shown | sizes(row) | {
        "cpu_info": processor if request.is_at_least("2.28") else orjson.dumps(processor).decode()}


def sizes(row: Row) -> dict[str, Any]:
    """Return what a host has and what is claimed of it, by the names in SIZES."""
    return {
        "current_workload": 0, "disk_available_least": row["hypervisor"].get("disk_free_gib"),
        "vcpus": row["vcpus"], "vcpus_used": row["used_vcpus"],
        "memory_mb": row["memory_mib"], "memory_mb_used": row["used_memory_mib"],
        "free_ram_mb": row["memory_mib"] - row["used_memory_mib"],
        "local_gb": row["disk_gib"], "local_gb_used": row["used_disk_gib"],
        "free_disk_gb": row["disk_gib"] - row["used_disk_gib"], "running_vms": row["servers"]}


def uptime(row: Row, now: float) -> str | None:
    """Return how long a host has been running, None where it does not tell."""
    said_s = row["hypervisor"].get("uptime_s")
    if said_s is None:
        return None
    minutes = int(said_s + now - row["updated_at"]) // 60
    return f"up {minutes // 1440} days, {minutes // 60 % 24:02}:{minutes % 60:02}"
