"""Backups: list, show, make, change, delete.

    3.9 change   3.43 metadata   3.45 with_count   3.51 availability_zone
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.backups import view
from cumulo.api.volume.volumes import filters
from cumulo.api.volume.volumes.create import named
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.operations import store
from cumulo.volume import backends, backup_states, backups, snapshots, volumes

Shown = dict[str, Any]
ALL_PROJECTS = "volume:backups:list_all_projects"
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", "name", "status", "volume_id", "snapshot_id", "container", "id",
         "user_id", "size", "metadata", "created_at", "updated_at", "with_count", "name~", "description~", "status~",
         "container~")
_EXACT: dict[str, Any] = {
    "name": volume_backup.c.name, "id": volume_backup.c.id, "volume_id": volume_backup.c.volume_id,
    "snapshot_id": volume_backup.c.snapshot_id, "container": volume_backup.c.container, "user_id": volume_backup.c.user_id,
    "status": backup_states.SHOWN}
_PARTS: dict[str, Any] = {name: _EXACT[name] for name in ("name", "status", "container")} | {"description": volume_backup.c.description}


def own_backup(request: Request, connection: sa.Connection, rule: str, *, lock: bool = False) -> backups.Row:
    """Return the backup of the path; another project's is not found. Raises Forbidden where the rule does."""
    backup_id = common.short_id(request.params["backup_id"], backups.not_found)
    row = backups.get_backup(connection, backup_id, project_id=common.project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def create(request: Request) -> Shown:
    """Begin to make a backup."""
    asked, services = request.body["backup"], request.services
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        of, snapshot = _source(request, connection, asked)
        row = backups.request_create(
            connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context, of=of,
            snapshot=snapshot, wish=_wish(request, connection, asked))
    common.ring_scheduler(request)
    return {"backup": view.brief(request, row)}


def _source(request: Request, connection: sa.Connection, asked: Shown) -> tuple[volumes.Row, snapshots.Row | None]:
    """Return the volume that is asked for, and the snapshot, both held."""
    project_id = common.project_of(request)
    volume_id = common.short_id(asked["volume_id"], volumes.not_found)
    of = volumes.get_volume(connection, volume_id, project_id=project_id, lock=True)
    request.authorize("volume:backups:create", {"project_id": of["project_id"], "user_id": of["user_id"]})
    if not asked.get("snapshot_id"):
        return of, None
    snapshot_id = common.short_id(asked["snapshot_id"], snapshots.not_found)
    return of, snapshots.get_snapshot(connection, snapshot_id, project_id=project_id, lock=True)


def _wish(request: Request, connection: sa.Connection, asked: Shown) -> backups.Wish:
    columns: Shown = {"name": named(asked, "name"), "description": named(asked, "description"),
                      "container": asked.get("container"), "metadata": asked.get("metadata") or {}}
    zone = asked.get("availability_zone")
    if zone:
        if zone not in backends.zones(connection, request.services.conf.volume.availability_zone):
            raise errors.BadRequest(f"Availability zone '{zone}' is invalid.")
        columns["availability_zone"] = zone
    return backups.Wish(columns, *(flag(str(asked.get(name, False)), name) for name in ("incremental", "force")))


def list_brief(request: Request) -> Shown:
    """List backups."""
    return _list(request, view.brief)


def list_full(request: Request) -> Shown:
    """List backups with everything."""
    return _list(request, view.full)


def _list(request: Request, shown: Callable[[Request, backups.Row], Shown]) -> Shown:
    where, metadata = _wanted(request), filters.pairs(request.query.get("metadata"), "metadata")
    return common.listing(request, "backups", backups.SORT_COLUMNS, shown,
                          find=lambda connection, part: backups.list_backups(connection, where, metadata, part),
                          count=lambda connection: backups.count_backups(connection, where, metadata))


def _wanted(request: Request) -> list[sa.ColumnElement[bool]]:
    query = request.query
    where = [*filters.whose(request, volume_backup, ALL_PROJECTS)]
    where += [column == query[name] for name, column in _EXACT.items() if name in query]
    where += filters.parts(request, _PARTS)
    if "size" in query:
        where.append(volume_backup.c.size_gib == filters.number(query["size"]))
    for name, column in (("created_at", volume_backup.c.created_at), ("updated_at", volume_backup.c.updated_at)):
        if name in query:
            where += filters.moments(query[name], name, column)
    return where


def show(request: Request) -> Shown:
    """Show a backup."""
    with request.services.database.read() as connection:
        return {"backup": view.full(request, own_backup(request, connection, "volume:backups:show"))}


def update(request: Request) -> Shown:
    """Change a backup's name, description or metadata."""
    asked, database = request.body["backup"], request.services.database
    values: Shown = {key: named(asked, key) for key in ("name", "description") if key in asked}
    if "metadata" in asked:
        values["metadata"] = asked["metadata"]
    with database.write() as connection:
        row = own_backup(request, connection, "volume:backups:update", lock=True)
        backups.update_backup(connection, database.now(connection), row["id"], **values)
        return {"backup": view.brief(request, backups.get_backup(connection, row["id"]))}


def delete(request: Request) -> None:
    """Begin to delete a backup."""
    services = request.services
    with services.database.write() as connection:
        row = own_backup(request, connection, "volume:backups:delete", lock=True)
        backups.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row)
    common.ring_scheduler(request)


def act(request: Request) -> None:
    """Do to the backup what the body's one key names: all of it is for administrators."""
    ((name, asked),) = request.body.items()
    with request.services.database.write() as connection:
        _CHANGES[name](request, connection, own_backup(request, connection, "volume:backups:administer", lock=True), asked)
    common.ring_scheduler(request)


def _force_delete(request: Request, connection: sa.Connection, row: backups.Row, asked: Any) -> None:
    services = request.services
    backups.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row,
                           force=True)


def _reset_status(request: Request, connection: sa.Connection, row: backups.Row, asked: Any) -> None:
    """Write another status in the row: for an administrator who knows better, while nothing is under way."""
    if store.active(connection, row["id"]) is not None:
        raise errors.BadRequest("What a running operation makes of a backup cannot be written: delete or force-delete it.")
    backups.update_backup(connection, request.services.database.now(connection), row["id"], status=asked["status"])


_CHANGES: dict[str, Callable[[Request, sa.Connection, backups.Row, Any], None]] = {
    "os-force_delete": _force_delete, "os-reset_status": _reset_status}
