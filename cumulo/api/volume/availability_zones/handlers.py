"""Availability zones: those that backends are in, and the configured one."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.volume import backends


def list_zones(request: Request) -> dict[str, Any]:
    """List the zones volumes can be in; one is available while a backend in it takes volumes, or while it has none."""
    services = request.services
    default = services.conf.volume.availability_zone
    with services.database.read() as connection:
        rows = backends.list_backends(connection)
        names = backends.zones(connection, default)
    taking: dict[str, list[bool]] = {name: [] for name in names}
    for row in rows:
        taking[backends.zone_of(row, default)].append(not row["disabled"])
    return {"availabilityZoneInfo": [
        {"zoneName": name, "zoneState": {"available": not each or any(each)}} for name, each in taking.items()]}
