"""Availability zones: those that aggregates name, and the one of all other hosts; the cloud's services are "internal"."""

from typing import Any

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.compute import aggregates, hosts

INTERNAL = "internal"
Services = dict[str, dict[str, dict[str, Any]]]


def list_zones(request: Request) -> dict[str, Any]:
    """List the zones servers can be in."""
    return {"availabilityZoneInfo": [_zone(name, found, None) for name, found in _zones(request).items()
                                     if name != INTERNAL]}


def list_detail(request: Request) -> dict[str, Any]:
    """List all zones with their hosts and services."""
    return {"availabilityZoneInfo": [_zone(name, found, found) for name, found in _zones(request).items()]}


def _zones(request: Request) -> dict[str, Services]:
    """The services of each zone by their hosts; the configured zone is there without hosts too."""
    services = request.services
    conf = services.conf.servers
    with services.database.read() as connection:
        now = services.database.now(connection)
        rows, zones = hosts.list_services(connection), aggregates.zones(connection)
    found: dict[str, Services] = {INTERNAL: {}, conf.availability_zone: {}}
    for row in rows:
        up = hosts.is_up(row["last_seen"], now, down_after_s=conf.service_down_after_s, forced_down=row["forced_down"])
        zone = zones.get(row["host"], conf.availability_zone) if row["kind"] == "compute" else INTERNAL
        found.setdefault(zone, {}).setdefault(row["host"], {})[row["binary"]] = {
            "available": up, "active": not row["disabled"], "updated_at": times.iso_micro(row["last_seen"])}
    return found


def _zone(name: str, services: Services, shown: Services | None) -> dict[str, Any]:
    """A zone is available while somebody in it can take servers, or while it is empty and so nobody says otherwise."""
    states = [each["active"] for of_host in services.values() for each in of_host.values()]
    return {"zoneName": name, "zoneState": {"available": not states or any(states)}, "hosts": shown}
