"""The compute services: list them, stop or resume placing servers on a host, declare a host down (2.11)."""

from typing import Any

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import hosts


def list_services(request: Request) -> dict[str, Any]:
    """List services, all or those of a host or a binary."""
    services = request.services
    with services.database.read() as connection:
        now = services.database.now(connection)
        rows = hosts.list_services(connection)
    wanted = {name: request.query[name] for name in ("host", "binary") if name in request.query}
    return {"services": [_view(request, row, now) for row in rows
                         if all(row[name] == value for name, value in wanted.items())]}


def _view(request: Request, row: dict[str, Any], now: float) -> dict[str, Any]:
    conf = request.services.conf.servers
    up = hosts.is_up(row["last_seen"], now, down_after_s=conf.service_down_after_s, forced_down=row["forced_down"])
    shown = {
        "id": row["number"], "binary": row["binary"], "host": row["host"], "state": "up" if up else "down",
        "zone": conf.availability_zone if row["kind"] == "compute" else "internal",
        "status": "disabled" if row["disabled"] else "enabled", "disabled_reason": row["disabled_reason"],
        "updated_at": times.iso_micro(row["last_seen"])}
    return shown | {"forced_down": row["forced_down"]} if request.is_at_least("2.11") else shown


def enable(request: Request) -> dict[str, Any]:
    """Let servers be placed on a host again."""
    return _update(request, {"status": "enabled"}, disabled=False, disabled_reason=None)


def disable(request: Request) -> dict[str, Any]:
    """Place no more servers on a host."""
    return _update(request, {"status": "disabled"}, disabled=True, disabled_reason=None)


def disable_with_reason(request: Request) -> dict[str, Any]:
    """Place no more servers on a host, and say why."""
    reason = request.body["disabled_reason"]
    return _update(request, {"status": "disabled", "disabled_reason": reason}, disabled=True, disabled_reason=reason)


def force_down(request: Request) -> dict[str, Any]:
    """Declare a host down, or take that back."""
    down = str(request.body.get("forced_down", False)).lower() in ("true", "1", "on", "yes", "y", "t")
    return _update(request, {"forced_down": down}, forced_down=down)


def _update(request: Request, answer: dict[str, Any], **values: Any) -> dict[str, Any]:
    host, binary = request.body["host"], request.body["binary"]
    if binary != hosts.BINARIES["compute"]:
        raise errors.NotFound(f"Could not find binary {binary} on host {host}.")
    with request.services.database.write() as connection:
        hosts.update_host(connection, host, **values)
    return {"service": {"host": host, "binary": binary, **answer}}
