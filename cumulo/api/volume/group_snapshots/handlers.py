"""Snapshots of groups (3.14): make, list, show, delete.

    3.19 reset_status   3.34 name~ and the like   3.58 project_id
"""

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
_PARTS: dict[str, Any] = {"name": _EXACT["name"], "status": _EXACT["status"], "description": volume_group_snapshot.c.description}
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", *_EXACT, *(f"{name}~" for name in _PARTS))


def create(request: Request) -> Shown:
    """Begin to make a snapshot of every volume of a group."""
    asked = request.body["group_snapshot"]
    row = made(request, asked, asked["group_id"])
    return {"group_snapshot": brief(row) | {"group_type_id": row["group_type_id"]}}


def made(request: Request, asked: Shown, group_id: str, *where: sa.ColumnElement[bool]) -> group_snapshots.Row:
    """Begin to make the snapshot that a body asks for, of a group that fulfils these conditions."""
    services = request.services
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        group_id = common.short_id(group_id, groups.not_found)
        group = groups.get_group(connection, group_id, *where, project_id=common.project_of(request), lock=True)
        request.authorize("volume:group_snapshots:create", {"project_id": group["project_id"], "user_id": group["user_id"]})
        row = group_snapshots.request_create(
            connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context,
            group=group, columns={"name": named(asked, "name"), "description": named(asked, "description")})
    common.ring_scheduler(request)
    return row


def list_brief(request: Request) -> Shown:
    """List group snapshots."""
    rows, links = listed(request)
    return {"group_snapshots": [brief(row) for row in rows]} | links


def list_full(request: Request) -> Shown:
    """List group snapshots with everything."""
    rows, links = listed(request)
    return {"group_snapshots": [_full(request, row) for row in rows]} | links


def listed(request: Request, *more: sa.ColumnElement[bool]) -> tuple[list[group_snapshots.Row], Shown]:
    """Return a page of group snapshots that fulfil these conditions, and the link to the next one."""
    page, limit, offset = common.page(request, group_snapshots.SORT_COLUMNS)
    where = [*filters.whose(request, volume_group_snapshot, "volume:group_snapshots:list_all_projects"), *more]
    where += [column == request.query[name] for name, column in _EXACT.items() if name in request.query]
    where += filters.parts(request, _PARTS)
    part = Part(limit, page.marker, offset, page.sort)
    with request.services.database.read() as connection:
        rows = group_snapshots.list_group_snapshots(connection, where, part) if limit else []
    return rows, common.next_links(request, rows, limit, "group_snapshots")


def show(request: Request) -> Shown:
    """Show a group snapshot."""
    with request.services.database.read() as connection:
        return {"group_snapshot": _full(request, own(request, connection, "volume:group_snapshots:show"))}


def delete(request: Request) -> None:
    """Begin to delete a group snapshot."""
    end(request)


def end(request: Request, *where: sa.ColumnElement[bool]) -> None:
    """Begin to delete the group snapshot of the path, which fulfils these conditions."""
    services = request.services
    with services.database.write() as connection:
        row = own(request, connection, "volume:group_snapshots:delete", *where, lock=True)
        group_snapshots.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row)
    common.ring_scheduler(request)


def reset(request: Request) -> None:
    """Write another status in a group snapshot's row."""
    database = request.services.database
    with database.write() as connection:
        row = own(request, connection, "volume:group_snapshots:reset_status", lock=True)
        group_snapshots.update(connection, database.now(connection), row["id"], status=request.body["reset_status"]["status"])


def own(request: Request, connection: sa.Connection, rule: str, *where: sa.ColumnElement[bool], lock: bool = False,
        ) -> group_snapshots.Row:
    """Return the group snapshot of the path, which fulfils these conditions; another project's is not found."""
    its_id = common.short_id(request.params["group_snapshot_id"], group_snapshots.not_found)
    row = group_snapshots.get(connection, its_id, *where, project_id=common.project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def brief(row: group_snapshots.Row) -> Shown:
    """Return what POST and a plain list show."""
    return {"id": row["id"], "name": row["name"]}


def _full(request: Request, row: group_snapshots.Row) -> Shown:
    shown = brief(row) | {
        "group_id": row["group_id"], "status": row["shown_status"], "description": row["description"],
        "created_at": times.iso_micro(row["created_at"]), "group_type_id": row["group_type_id"]}
    return shown | ({"project_id": row["project_id"]} if request.is_at_least("3.58") else {})
