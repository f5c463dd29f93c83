"""POST /volumes/{id}/action: one key names what is done, and the table below leads to it.

    3.40 revert   3.42 os-extend also while the volume is attached   3.68 os-reimage
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common, schema_parts
from cumulo.api.volume.volume_actions import connections, contents, moving, upload, uses
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.operations import store
from cumulo.volume import attachments, image_metadata, managing, types, volumes

ACTION, ATTACH = "volume:volumes:action", "volume:volumes:attach"
Change = Callable[[Request, sa.Connection, volumes.Row, Any], Reply | None]


def act(request: Request) -> Reply | None:
    """Do to the volume what the body's one key names."""
    ((name, asked),) = request.body.items()
    if name in _ASKS_AGENT:
        return _ASKS_AGENT[name](request, asked)
    rule, change = _CHANGES[name]
    with request.services.database.write() as connection:
        if name in _MOVES:
            moving.hold_users(connection, common.own_volume(request, connection, rule))
        row = common.own_volume(request, connection, rule, lock=True)
        reply = change(request, connection, row, asked)
    common.ring_scheduler(request)
    return reply


def _extend(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    size = schema_parts.size(asked["new_size"])
    if size is None:
        raise errors.BadRequest("Invalid input received: New volume size must be 1 or more.")
    services = request.services
    volumes.request_extend(
        connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context, row=row,
        type_name=types.names_of(connection, [row["type_id"]]).get(row["type_id"]) if row["type_id"] else None,
        size_gib=size, in_use=request.is_at_least("3.42"))


def _force_delete(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    services = request.services
    volumes.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row,
                           force=True)


def _set_bootable(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> Reply:
    _update(request, connection, row, bootable=flag(str(asked["bootable"]), "bootable"))
    return Reply(status=200)


def _set_read_only(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    volumes.require(row, "change whether it is read-only")
    _update(request, connection, row, read_only=flag(str(asked["readonly"]), "readonly"))


def _reset_status(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Write another status in the row: for an administrator who knows better, while nothing is under way."""
    if store.active(connection, row["id"]) is not None:
        raise errors.BadRequest("What a running operation makes of a volume cannot be written: delete or force-delete it.")
    if asked.get("attach_status") == "detached":
        attachments.part_unmanaged(connection, request.services.database.now(connection), row["id"])
    elif asked.get("attach_status") and not volumes.attachments_of(connection, [row["id"]])[row["id"]]:
        raise errors.BadRequest(f"Invalid volume: Nothing is attached to volume {row['id']}: say who uses it by os-attach.")
    if asked.get("status") is not None:
        volumes.offer_no_more(connection, row["id"])
    values = {"status": asked["status"]} if asked.get("status") is not None else {}
    if "migration_status" in asked:
        values["migration_status"] = None if asked["migration_status"] in (None, "none") else asked["migration_status"]
    if values:
        _update(request, connection, row, **values)


def _set_image_metadata(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> Reply:
    changed = image_metadata.merged(row["image_metadata"], asked["metadata"])
    _update(request, connection, row, image_metadata=changed)
    return Reply({"metadata": changed}, status=200)


def _unset_image_metadata(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> Reply:
    _update(request, connection, row, image_metadata=image_metadata.without(row["image_metadata"], asked["key"]))
    return Reply(status=200)


def _show_image_metadata(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> Reply:
    return Reply({"metadata": row["image_metadata"] or {}}, status=200)


def _unmanage(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    services = request.services
    managing.request_unmanage(connection, services.ids, services.database.now(connection), context=request.context, row=row)


def _update(request: Request, connection: sa.Connection, row: volumes.Row, **values: Any) -> None:
    volumes.update_volume(connection, request.services.database.now(connection), row["id"], **values)


_CHANGES: dict[str, tuple[str, Change]] = {
    "os-extend": (ACTION, _extend),
    "os-force_delete": ("volume:volumes:force_delete", _force_delete),
    "os-set_bootable": (ACTION, _set_bootable),
    "os-update_readonly_flag": (ACTION, _set_read_only),
    "os-reset_status": ("volume:volumes:reset_status", _reset_status),
    "os-set_image_metadata": (ACTION, _set_image_metadata),
    "os-unset_image_metadata": (ACTION, _unset_image_metadata),
    "os-show_image_metadata": (ACTION, _show_image_metadata),
    "os-volume_upload_image": (ACTION, upload.upload),
    "os-retype": (ACTION, moving.retype),
    "os-unmanage": ("volume:volumes:unmanage", _unmanage),
    "os-migrate_volume": ("volume:volumes:migrate", moving.migrate),
    "revert": (ACTION, contents.revert),
    "os-reimage": (ACTION, contents.reimage),
    "os-reserve": (ATTACH, uses.reserve),
    "os-unreserve": (ATTACH, uses.unreserve),
    "os-attach": (ATTACH, uses.attach),
    "os-detach": (ATTACH, uses.detach),
    "os-begin_detaching": (ATTACH, uses.begin_detaching),
    "os-roll_detaching": (ATTACH, uses.roll_detaching),
    "os-force_detach": ("volume:volumes:force_detach", uses.force_detach),
}
"""By the body's key: the rule of the action, and what is done."""
_ASKS_AGENT: dict[str, Callable[[Request, Any], Reply | None]] = {
    "os-initialize_connection": connections.initialize, "os-terminate_connection": connections.terminate}
_MOVES = ("os-retype", "os-migrate_volume")
