"""Snapshots of groups (3.14): make, list, show, delete.

    3.19 reset_status   3.58 project_id
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.volume.volumes import filters
from cumulo.api.volume.volumes.create import named
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.volume import volume_group_snapshot
from cumulo.volume import group_snapshots, groups
from cumulo.volume.volume_queries import Part

Shown = dict[str, Any]
_EXACT: dict[str, Any] = {"name": volume_group_snapshot.c.name, "status": group_snapshots.SHOWN,
                          "id": volume_group_snapshot.c.id, "group_id": volume_group_snapshot.c.group_id}
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", *_EXACT)


def create(request: Request) -> Shown:
    """Begin to make a snapshot of every volume of a group."""
    asked, services = request.body["group_snapshot"], request.services
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        group_id = common.short_id(asked["group_id"], groups.not_found)
        group = groups.get_group(connection, group_id, project_id=common.project_of(request), lock=True)
        request.authorize("volume:group_snapshots:create", {"project_id": group["project_id"], "user_id": group["user_id"]})
        row = group_snapshots.request_create(
            connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context,
            group=group, columns={"name": named(asked, "name"), "description": named(asked, "description")})
    common.ring_scheduler(request)
    return {"group_snapshot": _brief(row) | {"group_type_id": row["group_type_id"]}}


def list_brief(request: Request) -> Shown:
    """List group snapshots."""
    return _list(request, lambda request, row: _brief(row))


def list_full(request: Request) -> Shown:
    """List group snapshots with everything."""
    return _list(request, _full)


def _list(request: Request, shown: Callable[[Request, group_snapshots.Row], Shown]) -> Shown:
    page, limit, offset = common.page(request, group_snapshots.SORT_COLUMNS)
    where = [*filters.whose(request, volume_group_snapshot, "volume:group_snapshots:list_all_projects")]
    where += [column == request.query[name] for name, column in _EXACT.items() if name in request.query]
    part = Part(limit, page.marker, offset, page.sort)
    with request.services.database.read() as connection:
        rows = group_snapshots.list_group_snapshots(connection, where, part) if limit else []
    return {"group_snapshots": [shown(request, row) for row in rows]} | common.next_links(request, rows, limit, "group_snapshots")


def show(request: Request) -> Shown:
    """Show a group snapshot."""
    with request.services.database.read() as connection:
        return {"group_snapshot": _full(request, _own(request, connection, "volume:group_snapshots:show"))}


def delete(request: Request) -> None:
    """Begin to delete a group snapshot."""
    services = request.services
    with services.database.write() as connection:
        row = _own(request, connection, "volume:group_snapshots:delete", lock=True)
        group_snapshots.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row)
    common.ring_scheduler(request)


def reset(request: Request) -> None:
    """Write another status in a group snapshot's row."""
    database = request.services.database
    with database.write() as connection:
        row = _own(request, connection, "volume:group_snapshots:reset_status", lock=True)
        group_snapshots.update(connection, database.now(connection), row["id"], status=request.body["reset_status"]["status"])


def _own(request: Request, connection: sa.Connection, rule: str, *, lock: bool = False) -> group_snapshots.Row:
    its_id = common.short_id(request.params["group_snapshot_id"], group_snapshots.not_found)
    row = group_snapshots.get(connection, its_id, project_id=common.project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def _brief(row: group_snapshots.Row) -> Shown:
    return {"id": row["id"], "name": row["name"]}


def _full(request: Request, row: group_snapshots.Row) -> Shown:
    shown = _brief(row) | {
        "group_id": row["group_id"], "status": row["shown_status"], "description": row["description"],
        "created_at": times.iso_micro(row["created_at"]), "group_type_id": row["group_type_id"]}
    return shown | ({"project_id": row["project_id"]} if request.is_at_least("3.58") else {})
