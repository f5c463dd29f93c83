"""The compute services: list them, stop or resume placing servers on a host, declare a host down, forget it.

    2.11 forced_down   2.53 ids are UUIDs, and one PUT does what four did before
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.flows import FLOWS
from cumulo.common.operations import lease
from cumulo.compute import aggregates, hosts


def list_services(request: Request) -> dict[str, Any]:
    """List services, all or those of a host or a binary."""
    services = request.services
    with services.database.read() as connection:
        now = services.database.now(connection)
        rows, zones = hosts.list_services(connection), aggregates.zones(connection)
    wanted = {name: request.query[name] for name in ("host", "binary") if name in request.query}
    return {"services": [_view(request, row, now, zones) for row in rows
                         if all(row[name] == value for name, value in wanted.items())]}


def _view(request: Request, row: dict[str, Any], now: float, zones: dict[str, str]) -> dict[str, Any]:
    conf = request.services.conf.servers
    up = hosts.is_up(row["last_seen"], now, down_after_s=conf.service_down_after_s, forced_down=row["forced_down"])
    shown = {
        "id": row["id"] if request.is_at_least("2.53") else row["number"],
        "binary": row["binary"], "host": row["host"], "state": "up" if up else "down",
        "zone": zones.get(row["host"], conf.availability_zone) if row["kind"] == "compute" else "internal",
        "status": "disabled" if row["disabled"] else "enabled", "disabled_reason": row["disabled_reason"],
        "updated_at": times.iso_micro(row["last_seen"])}
    return shown | {"forced_down": row["forced_down"]} if request.is_at_least("2.11") else shown


def update(request: Request) -> dict[str, Any]:
    """Enable or disable a service, with a reason, or declare its host down."""
    values = _values(request.body)
    services = request.services
    with services.database.write() as connection:
        row = _service(request, connection)
        if row["kind"] != "compute":
            raise errors.BadRequest(f"Updating a {row['binary']} service is not supported. Must be nova-compute.")
        hosts.update_host(connection, row["host"], **values)
        _revive(connection, row["host"], values)
        row, now = _service(request, connection), services.database.now(connection)
        zones = aggregates.zones(connection)
    common.ring_scheduler(request)
    return {"service": _view(request, row, now, zones)}


def _revive(connection: sa.Connection, host: str, values: dict[str, Any]) -> None:
    """What waits for a host that is declared down need not wait any more."""
    if values.get("forced_down"):
        lease.revive(connection, host, [name for name, flow in FLOWS.items() if flow.forward_only])


def _values(asked: dict[str, Any]) -> dict[str, Any]:
    """The columns that a change of 2.53 sets; raises BadRequest for what makes no sense together."""
    values: dict[str, Any] = {}
    if "status" in asked:
        values = {"disabled": asked["status"] == "disabled", "disabled_reason": asked.get("disabled_reason")}
    if "disabled_reason" in asked and asked.get("status") != "disabled":
        raise errors.BadRequest("Specifying disabled_reason requires that status is 'disabled'.")
    if "forced_down" in asked:
        values["forced_down"] = common.flag(str(asked["forced_down"]), "forced_down")
    if not values:
        raise errors.BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    return values


def delete(request: Request) -> None:
    """Forget a service; a compute service with servers on its host stays. One that lives makes itself known again."""
    with request.services.database.write() as connection:
        hosts.delete_service(connection, _service(request, connection))


def _service(request: Request, connection: sa.Connection) -> dict[str, Any]:
    return hosts.get_service(connection, request.params["service_id"], by_number=not request.is_at_least("2.53"))


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
    down = common.flag(str(request.body.get("forced_down", False)), "forced_down")
    return _update(request, {"forced_down": down}, forced_down=down)


def _update(request: Request, answer: dict[str, Any], **values: Any) -> dict[str, Any]:
    host, binary = request.body["host"], request.body["binary"]
    if binary != hosts.BINARIES["compute"]:
        raise errors.NotFound(f"Could not find binary {binary} on host {host}.")
    with request.services.database.write() as connection:
        hosts.update_host(connection, host, **values)
        _revive(connection, host, values)
    common.ring_scheduler(request)
    return {"service": {"host": host, "binary": binary, **answer}}
