"""Groups (3.13): make, list, show, change, delete.

    3.14 made of another group or of a snapshot of one   3.20 reset_status   3.25 list_volume   3.34 name~ and the like   3.58 project_id
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.groups import copies
from cumulo.api.volume.volumes import filters
from cumulo.api.volume.volumes.create import named
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_group
from cumulo.volume import backends, group_types, groups, types, volumes
from cumulo.volume.volume_queries import Part

Shown = dict[str, Any]
_EXACT: dict[str, Any] = {"name": volume_group.c.name, "status": groups.SHOWN, "id": volume_group.c.id,
                          "group_type": volume_group.c.group_type_id, "availability_zone": volume_group.c.availability_zone,
                          "source_group_id": volume_group.c.source_group_id,
                          "group_snapshot_id": volume_group.c.group_snapshot_id}
_PARTS: dict[str, Any] = {"name": _EXACT["name"], "status": _EXACT["status"], "description": volume_group.c.description}
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", "list_volume", *_EXACT, *(f"{name}~" for name in _PARTS))


def create(request: Request) -> Shown:
    """Make a group for volumes of some types."""
    asked, services = request.body["group"], request.services
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        kind = group_types.named(connection, asked["group_type"], is_admin=request.may("volume:group_types:manage"))
        row = made(request, connection, asked, kind["id"], asked["volume_types"])
    return {"group": brief(row)}


def made(request: Request, connection: sa.Connection, asked: Shown, kind_id: str, type_names: list[str]) -> groups.Row:
    """Make the group that a body asks for, of a type and for volumes of these types; the caller holds the project."""
    services = request.services
    zone = asked.get("availability_zone") or services.conf.volume.availability_zone
    if zone not in backends.zones(connection, services.conf.volume.availability_zone):
        raise errors.BadRequest(f"Availability zone '{zone}' is invalid.")
    type_ids = [types.named(connection, each, common.project_of(request))["id"] for each in type_names]
    return groups.create(
        connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context,
        type_ids=type_ids, columns={"name": named(asked, "name"), "description": named(asked, "description"),
                                    "group_type_id": kind_id, "availability_zone": zone})


def create_from(request: Request) -> Shown:
    """Make a group of another one, or of a snapshot of one, volume by volume."""
    with request.services.database.write() as connection:
        row = copies.request_copy(request, connection, request.body["create-from-src"])
    common.ring_scheduler(request)
    return {"group": brief(row)}


def list_brief(request: Request) -> Shown:
    """List groups."""
    rows, links = listed(request, lambda connection, rows: [brief(row) for row in rows])
    return {"groups": rows} | links


def list_full(request: Request) -> Shown:
    """List groups with everything."""
    rows, links = listed(request, lambda connection, rows: _full(request, connection, rows))
    return {"groups": rows} | links


def listed(request: Request, shown: Callable[[sa.Connection, list[groups.Row]], list[Shown]], *more: sa.ColumnElement[bool],
           ) -> tuple[list[Shown], Shown]:
    """Return a page of groups that fulfil these conditions, as they are shown, and the link to the next one."""
    page, limit, offset = common.page(request, groups.SORT_COLUMNS)
    where = [*filters.whose(request, volume_group, "volume:groups:list_all_projects"), *more]
    where += [column == request.query[name] for name, column in _EXACT.items() if name in request.query]
    where += filters.parts(request, _PARTS)
    with request.services.database.read() as connection:
        rows = groups.list_groups(connection, where, Part(limit, page.marker, offset, page.sort)) if limit else []
        return shown(connection, rows), common.next_links(request, rows, limit, "groups")


def show(request: Request) -> Shown:
    """Show a group."""
    with request.services.database.read() as connection:
        return {"group": _full(request, connection, [own_group(request, connection, "volume:groups:show")])[0]}


def update(request: Request) -> None:
    """Change a group's name or description, put volumes into it and take some from it."""
    change(request, request.body["group"])


def change(request: Request, asked: Shown, *where: sa.ColumnElement[bool]) -> None:
    """Change the group of the path, which must fulfil these conditions, as a body asks for."""
    database = request.services.database
    values = {key: named(asked, key) for key in ("name", "description") if asked.get(key) is not None}
    joins, leaves = _ids(asked.get("add_volumes")), _ids(asked.get("remove_volumes"))
    if set(joins) & set(leaves):
        raise errors.BadRequest("Invalid volume: A volume is put into a group or taken from it, not both.")
    with database.write() as connection:
        row = own_group(request, connection, "volume:groups:update", *where, lock=True, also=(*joins, *leaves))
        groups.require(row, "change it")
        now = database.now(connection)
        for change, volume_ids in ((groups.join, joins), (groups.leave, leaves)):
            for volume_id in volume_ids:
                of = volumes.get_volume(connection, volume_id, project_id=common.project_of(request))
                change(connection, now, row, of)
        groups.update(connection, now, row["id"], **values)


def act(request: Request) -> None:
    """Delete a group, or write another status in its row, as the body's one key says."""
    ((action, asked),) = request.body.items()
    services = request.services
    with services.database.write() as connection:
        now = services.database.now(connection)
        if action == "reset_status":
            row = own_group(request, connection, "volume:groups:reset_status", lock=True)
            groups.update(connection, now, row["id"], status=asked["status"])
        else:
            row = own_group(request, connection, "volume:groups:delete", lock=True)
            groups.request_delete(connection, services.ids, now, context=request.context, row=row,
                                  with_volumes=flag(str(asked.get("delete-volumes", False)), "delete-volumes"))
    common.ring_scheduler(request)


def own_group(request: Request, connection: sa.Connection, rule: str, *where: sa.ColumnElement[bool], lock: bool = False,
              also: tuple[str, ...] = ()) -> groups.Row:
    """Return the group of the path, which fulfils these conditions; another project's is not found.

    Raises Forbidden where the rule does.
    """
    group_id = common.short_id(request.params["volume_group_id"], groups.not_found)
    row = groups.get_group(connection, group_id, *where, project_id=common.project_of(request), lock=lock, also=also)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def _ids(text: str | None) -> list[str]:
    """Return the ids of "one,two", each once; raises NotFound for one that nothing can have."""
    found = {common.short_id(each.strip(), volumes.not_found) for each in (text or "").split(",") if each.strip()}
    return sorted(found)


def brief(row: groups.Row) -> Shown:
    """Return what POST and a plain list show."""
    return {"id": row["id"], "name": row["name"]}


def _full(request: Request, connection: sa.Connection, rows: list[groups.Row]) -> list[Shown]:
    of_types = groups.types_of(connection, [row["id"] for row in rows])
    lists = request.is_at_least("3.25") and flag(request.query.get("list_volume", "false"), "list_volume")
    found = []
    for row in rows:
        shown = brief(row) | {
            "status": row["shown_status"], "availability_zone": row["availability_zone"], "description": row["description"],
            "created_at": times.iso_micro(row["created_at"]), "group_type": row["group_type_id"],
            "volume_types": of_types[row["id"]]}
        if request.is_at_least("3.14"):
            shown |= {"group_snapshot_id": row["group_snapshot_id"], "source_group_id": row["source_group_id"]}
        if lists:
            shown["volumes"] = groups.members(connection, row["id"])
        if request.is_at_least("3.38"):
            shown["replication_status"] = "disabled"
        if request.is_at_least("3.58"):
            shown["project_id"] = row["project_id"]
        found.append(shown)
    return found
