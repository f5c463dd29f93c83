"""Availability zones: there is one for hosts; the services of the cloud are in "internal"."""

from typing import Any

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.compute import hosts

INTERNAL = "internal"


def list_zones(request: Request) -> dict[str, Any]:
    """List the zones servers can be in."""
    return {"availabilityZoneInfo": [_zone(request.services.conf.servers.availability_zone, None)]}


def list_detail(request: Request) -> dict[str, Any]:
    """List all zones with their hosts and services."""
    services = request.services
    conf = services.conf.servers
    zones: dict[str, dict[str, Any]] = {INTERNAL: {}, conf.availability_zone: {}}
    with services.database.read() as connection:
        now = services.database.now(connection)
        rows = hosts.list_services(connection)
    for row in rows:
        up = hosts.is_up(row["last_seen"], now, down_after_s=conf.service_down_after_s, forced_down=row["forced_down"])
        zone = conf.availability_zone if row["kind"] == "compute" else INTERNAL
        zones[zone].setdefault(row["host"], {})[row["binary"]] = {
            "available": up, "active": not row["disabled"], "updated_at": times.iso_micro(row["last_seen"])}
    return {"availabilityZoneInfo": [_zone(name, found) for name, found in zones.items()]}


def _zone(name: str, found: dict[str, Any] | None) -> dict[str, Any]:
    return {"zoneName": name, "zoneState": {"available": True}, "hosts": found}
