"""os-migrate_volume, and os-retype where its backend does not fit: a volume of a server moves under the server."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common as compute
from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import server
from cumulo.compute import servers, states
from cumulo.volume import moves, types, volumes

ALLOWED = (states.ACTIVE, states.PAUSED, states.SHUTOFF)


def hold_users(connection: sa.Connection, row: volumes.Row) -> None:
    """Hold the servers that use a volume, before the volume: the order in which everybody takes them."""
    ids = sorted({each["server_id"] for each in volumes.attachments_of(connection, [row["id"]])[row["id"]] if each["managed"]})
    connection.execute(sa.select(server.c.id).where(server.c.id.in_(ids)).order_by(server.c.id).with_for_update()).all()


def retype(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Give a volume another type that its backend fits or, by the migration policy on-demand, move it to one that does."""
    services = request.services
    after = types.named(connection, asked["new_type"], common.project_of(request))
    now = services.database.now(connection)
    lacks = volumes.retype(connection, now, conf=services.conf, row=row, after=after)
    if not lacks:
        return
    if asked.get("migration_policy") != "on-demand":
        raise errors.BadRequest(f"Invalid volume: The backend of volume {row['id']} does not fit type {after['name']}: it lacks "
                                f"{', '.join(lacks)}. It may move, with migration_policy on-demand.")
    if row["shown_status"] == volumes.states.IN_USE:
        _move_used(request, connection, now, row, type_id=after["id"])
    else:
        moves.request_retype(connection, services.ids, now, context=request.context, row=row, type_id=after["id"])


def migrate(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Begin to move a volume to a backend; it is always copied by its hosts, and nothing else is done to it meanwhile."""
    services = request.services
    for name in ("force_host_copy", "lock_volume"):
        flag(str(asked.get(name, False)), name)
    now, backend = services.database.now(connection), asked["host"].partition("#")[0]
    moves.check_target(connection, row, backend)
    if row["shown_status"] == volumes.states.IN_USE:
        _move_used(request, connection, now, row, to_backend=backend)
    else:
        moves.request_migrate(connection, services.ids, now, context=request.context, row=row, backend=backend)


def _move_used(request: Request, connection: sa.Connection, now: float, row: volumes.Row, **wanted: str) -> None:
    """Begin to move a volume under the server that has it."""
    used = moves.use_of(connection, row)
    of = servers.get_server(connection, used["server_id"])
    if of["status"] not in ALLOWED or not of["host"]:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is attached to server {of['id']}, which is {of['status']}: "
                                f"it must be {', '.join(ALLOWED[:-1])} or {ALLOWED[-1]} for its volume to move.")
    moves.mark_used(connection, now, row)
    change = servers.Change("swap_volume", "move_volume", ALLOWED, {
        **moves.state_of_used(connection, row, used), "is_off": of["status"] == states.SHUTOFF, **wanted})
    servers.request_change(connection, request.services.ids, now, context=request.context, row=of, change=change,
                           may_override_lock=compute.may_override_lock(request))
