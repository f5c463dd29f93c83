"""Snapshots: list, show, make, change, delete.

    3.34 name~ and the like   3.45 with_count   3.65 consumes_quota   3.66 a snapshot of a volume that is attached needs no force
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.snapshots import view
from cumulo.api.volume.volumes import filters
from cumulo.api.volume.volumes.create import named
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_snapshot
from cumulo.volume import snapshots, states, types, volumes

Shown = dict[str, Any]
ALL_PROJECTS = "volume:snapshots:list_all_projects"
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", "name", "display_name", "status", "volume_id", "id", "user_id", "group_snapshot_id",
         "metadata", "created_at", "updated_at", "with_count", "consumes_quota", "name~", "display_name~", "description~", "status~")
_EXACT: dict[str, Any] = {"name": volume_snapshot.c.name, "display_name": volume_snapshot.c.name, "id": volume_snapshot.c.id,
                          "volume_id": volume_snapshot.c.volume_id, "user_id": volume_snapshot.c.user_id,
                          "group_snapshot_id": volume_snapshot.c.group_snapshot_id, "status": states.SHOWN_OF_SNAPSHOT}
_PARTS: dict[str, Any] = {name: _EXACT[name] for name in ("name", "display_name", "status")} | {"description": volume_snapshot.c.description}


def own_snapshot(request: Request, connection: sa.Connection, rule: str, *, lock: bool = False) -> snapshots.Row:
    """Return the snapshot of the path; another project's is not found. Raises Forbidden where the rule does."""
    snapshot_id = common.short_id(request.params["snapshot_id"], snapshots.not_found)
    row = snapshots.get_snapshot(connection, snapshot_id, project_id=common.project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def create(request: Request) -> Shown:
    """Begin to make a snapshot."""
    asked, services = request.body["snapshot"], request.services
    force = flag(str(asked.get("force", False)), "force")
    if request.is_at_least("3.66"):
        if "force" in asked and not force:
            raise errors.BadRequest("force is always true since 3.66: leave it out.")
        force = True
    columns = {"name": named(asked, "name"), "description": named(asked, "description"),
               "metadata": asked.get("metadata") or {}}
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        of = volumes.get_volume(connection, asked["volume_id"] or "", project_id=common.project_of(request), lock=True)
        request.authorize("volume:snapshots:create", {"project_id": of["project_id"], "user_id": of["user_id"]})
        type_names = types.names_of(connection, [of["type_id"]]) if of["type_id"] else {}
        row = snapshots.request_create(
            connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context, of=of,
            type_name=type_names.get(of["type_id"]), in_use=force, columns=columns)
    common.ring_scheduler(request)
    return {"snapshot": view.brief(request, row)}


def list_brief(request: Request) -> Shown:
    """List snapshots."""
    return _list(request, view.brief)


def list_full(request: Request) -> Shown:
    """List snapshots with everything."""
    return _list(request, view.full)


def _list(request: Request, shown: Callable[[Request, snapshots.Row], Shown]) -> Shown:
    where, metadata = _wanted(request), filters.pairs(request.query.get("metadata"), "metadata")
    return common.listing(request, "snapshots", snapshots.SORT_COLUMNS, shown,
                          find=lambda connection, part: snapshots.list_snapshots(connection, where, metadata, part),
                          count=lambda connection: snapshots.count_snapshots(connection, where, metadata))


def _wanted(request: Request) -> list[sa.ColumnElement[bool]]:
    query = request.query
    where = [*filters.whose(request, volume_snapshot, ALL_PROJECTS)]
    where += [column == query[name] for name, column in _EXACT.items() if name in query]
    where += [*filters.parts(request, _PARTS), *filters.of_quota(request)]
    for name, column in (("created_at", volume_snapshot.c.created_at), ("updated_at", volume_snapshot.c.updated_at)):
        if name in query:
            where += filters.moments(query[name], name, column)
    return where


def show(request: Request) -> Shown:
    """Show a snapshot."""
    with request.services.database.read() as connection:
        return {"snapshot": view.full(request, own_snapshot(request, connection, "volume:snapshots:show"))}


def update(request: Request) -> Shown:
    """Change a snapshot's name or description."""
    asked, database = request.body["snapshot"], request.services.database
    values = {key: named(asked, key) for key in ("name", "description") if key in asked or f"display_{key}" in asked}
    with database.write() as connection:
        row = own_snapshot(request, connection, "volume:snapshots:update", lock=True)
        snapshots.update_snapshot(connection, database.now(connection), row["id"], **values)
        return {"snapshot": view.brief(request, snapshots.get_snapshot(connection, row["id"]))}


def delete(request: Request) -> None:
    """Begin to delete a snapshot."""
    services = request.services
    with services.database.write() as connection:
        row = own_snapshot(request, connection, "volume:snapshots:delete", lock=True)
        if row["group_snapshot_id"]:
            raise errors.BadRequest(f"Invalid snapshot: Snapshot {row['id']} is part of group snapshot {row['group_snapshot_id']}: "
                                    "delete that.")
        snapshots.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row)
    common.ring_scheduler(request)
