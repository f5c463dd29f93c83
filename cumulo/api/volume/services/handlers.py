"""The services of block storage: list them, have a backend take new volumes or no more, freeze and thaw it.

    3.7 cluster   3.49 backend_state
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import service_status
from cumulo.volume import backends

SCHEDULER, VOLUME = "cinder-scheduler", "cinder-volume"
"""The names that clients know such services by."""
Shown = dict[str, Any]


def list_services(request: Request) -> Shown:
    """List services, all or those of a host or a binary."""
    with request.services.database.read() as connection:
        now = request.services.database.now(connection)
        found = [*_schedulers(request, connection, now), *(_backend(request, row, now) for row in backends.list_backends(connection))]
    query = request.query
    wanted = [each for each in found if query.get("binary", each["binary"]) == each["binary"]
              and query.get("host") in (None, each["host"], each["host"].partition("@")[0])]
    return {"services": wanted}


def _schedulers(request: Request, connection: sa.Connection, now: float) -> list[Shown]:
    rows = connection.execute(sa.select(service_status).where(
        service_status.c.kind == "scheduler").order_by(service_status.c.number)).mappings()
    return [_view(request, SCHEDULER, row["host"], row["last_seen"], now, {"disabled": False, "disabled_reason": None})
            for row in rows]


def _backend(request: Request, row: backends.Row, now: float) -> Shown:
    shown = _view(request, VOLUME, row["name"], row["last_seen"], now, row)
    shown["zone"] = backends.zone_of(row, shown["zone"])
    shown |= {"frozen": row["frozen"], "replication_status": "disabled", "active_backend_id": None}
    return shown | ({"backend_state": shown["state"]} if request.is_at_least("3.49") else {})


def _view(request: Request, binary: str, host: str, last_seen: float | None, now: float, row: Any) -> Shown:
    conf = request.services.conf.volume
    up = backends.is_up(last_seen, now, conf.service_down_after_s)
    shown = {"binary": binary, "host": host, "zone": conf.availability_zone, "state": "up" if up else "down",
             "status": "disabled" if row["disabled"] else "enabled", "disabled_reason": row["disabled_reason"],
             "updated_at": times.iso_micro(last_seen)}
    return shown | ({"cluster": None} if request.is_at_least("3.7") else {})


def enable(request: Request) -> Shown:
    """Let volumes be placed on a backend again."""
    return _update(request, {"status": "enabled", "disabled": False, "disabled_reason": None}, disabled=False,
                   disabled_reason=None)


def disable(request: Request) -> Shown:
    """Place no more volumes on a backend."""
    return _update(request, {"status": "disabled", "disabled": True}, disabled=True, disabled_reason=None)


def disable_with_reason(request: Request) -> Shown:
    """Place no more volumes on a backend, and say why."""
    reason = request.body["disabled_reason"]
    return _update(request, {"status": "disabled", "disabled": True, "disabled_reason": reason}, disabled=True,
                   disabled_reason=reason)


def freeze(request: Request) -> None:
    """Let nothing new be made on a backend; what is there goes on."""
    _freeze(request, True)


def thaw(request: Request) -> None:
    """Take that back."""
    _freeze(request, False)


def _freeze(request: Request, frozen: bool) -> None:
    try:
        _change(request, frozen=frozen)
    except errors.NotFound as failure:  # here, and only here, clients expect 400
        raise errors.BadRequest(failure.message) from failure


def _update(request: Request, answer: Shown, **values: Any) -> Shown:
    host, binary = request.body["host"], request.body["binary"]
    if binary != VOLUME:
        raise errors.NotFound(f"Service {binary} could not be found on host {host}.")
    _change(request, **values)
    return {"host": host, "service": binary, "binary": binary} | answer


def _change(request: Request, **values: Any) -> None:
    with request.services.database.write() as connection:
        backends.update_backend(connection, request.body["host"].partition("#")[0], **values)
