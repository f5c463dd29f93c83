"""Restoring backups, to a volume that is there or to a new one, and passing their records from cloud to cloud."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.volume.backups import view
from cumulo.api.volume.backups.handlers import own_backup
from cumulo.api.volume.volumes import create as creation
from cumulo.api.wsgi.route import Request
from cumulo.volume import backup_records, backups, volumes

Shown = dict[str, Any]


def restore(request: Request) -> Shown:
    """Begin to restore a backup."""
    asked = request.body["restore"]
    with request.services.database.write() as connection:
        over = _held(request, connection, asked["volume_id"]) if asked.get("volume_id") else None
        row = own_backup(request, connection, "volume:backups:restore", lock=True)
        to = _overwrite(request, connection, row, over) if over else _new(request, connection, row, asked.get("name"))
    common.ring_scheduler(request)
    return {"restore": {"backup_id": row["id"], "volume_id": to["id"], "volume_name": to["name"] or ""}}


def _held(request: Request, connection: sa.Connection, volume_id: str) -> volumes.Row:
    row = volumes.get_volume(connection, common.short_id(volume_id, volumes.not_found), lock=True,
                             project_id=common.project_of(request))
    request.authorize("volume:volumes:update", {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def _overwrite(request: Request, connection: sa.Connection, row: backups.Row, over: volumes.Row) -> volumes.Row:
    services = request.services
    backups.request_restore(connection, services.ids, services.database.now(connection), conf=services.conf,
                            context=request.context, row=row, over=over)
    return over


def _new(request: Request, connection: sa.Connection, row: backups.Row, name: str | None) -> volumes.Row:
    request.authorize("volume:volumes:create")
    asked = {"name": name or f"restore_backup_{row['id']}", "backup_id": row["id"], "description": row["description"]}
    return creation.request_create(request, connection, {"volume": asked})


def export_record(request: Request) -> Shown:
    """Show what another cloud needs to know of a backup."""
    with request.services.database.read() as connection:
        return {"backup-record": backup_records.export(connection, own_backup(request, connection, "volume:backups:records"))}


def import_record(request: Request) -> Shown:
    """Begin to take over a backup by its record."""
    asked, services = request.body["backup-record"], request.services
    columns = backup_records.read(asked["backup_service"], asked["backup_url"])
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        row = backup_records.request_import(connection, services.ids, services.database.now(connection), conf=services.conf,
                                            context=request.context, columns=columns)
    common.ring_scheduler(request)
    return {"backup": view.brief(request, row)}
