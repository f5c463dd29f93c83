"""POST /snapshots/{id}/action: one key names what is done, most of it by administrators."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.volume.snapshots.handlers import own_snapshot
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.operations import store
from cumulo.volume import managing, snapshots, states


def act(request: Request) -> None:
    """Do to the snapshot what the body's one key names."""
    ((name, asked),) = request.body.items()
    with request.services.database.write() as connection:
        rule, change = _CHANGES[name]
        change(request, connection, own_snapshot(request, connection, rule, lock=True), asked)
    common.ring_scheduler(request)


def _force_delete(request: Request, connection: sa.Connection, row: snapshots.Row, asked: Any) -> None:
    services = request.services
    snapshots.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row,
                             force=True)


def _reset_status(request: Request, connection: sa.Connection, row: snapshots.Row, asked: Any) -> None:
    """Write another status in the row: for an administrator who knows better, while nothing is under way."""
    if store.active(connection, row["id"]) is not None:
        raise errors.BadRequest("What a running operation makes of a snapshot cannot be written: delete or force-delete it.")
    snapshots.update_snapshot(connection, request.services.database.now(connection), row["id"], status=asked["status"],
                              progress=None)


def _unmanage(request: Request, connection: sa.Connection, row: snapshots.Row, asked: Any) -> None:
    services = request.services
    managing.request_unmanage_snapshot(connection, services.ids, services.database.now(connection), context=request.context, row=row)


def _update_status(request: Request, connection: sa.Connection, row: snapshots.Row, asked: Any) -> None:
    """Note what who makes a snapshot from outside has come to: its progress is what its status tells."""
    wanted, was = asked["status"], row["shown_status"]
    if wanted not in _FROM.get(was, ()) or store.active(connection, row["id"]) is not None:
        raise errors.BadRequest(f"Snapshot {row['id']} is {was}, which cannot be updated to {wanted}.")
    snapshots.update_snapshot(connection, request.services.database.now(connection), row["id"], status=wanted,
                              progress=asked.get("progress", row["progress"]))


_FROM = {states.CREATING: (states.CREATING, states.AVAILABLE, states.ERROR),
         states.DELETING: (states.DELETING, states.ERROR_DELETING)}
_ADMINISTER = "volume:snapshots:administer"
_CHANGES = {"os-force_delete": (_ADMINISTER, _force_delete), "os-reset_status": (_ADMINISTER, _reset_status),
            "os-unmanage": ("volume:snapshots:unmanage", _unmanage),
            "os-update_snapshot_status": ("volume:snapshots:update_status", _update_status)}
