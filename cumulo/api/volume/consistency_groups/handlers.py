"""Consistency groups: what older clients call groups of one type, and how they ask for them."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.groups import copies
from cumulo.api.volume.groups import handlers as groups_api
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import group_types, groups

Shown = dict[str, Any]
OLDER = group_types.is_older()


def create(request: Request) -> Shown:
    """Make a group for volumes of some types, which come as "one,two"."""
    asked, services = request.body["consistencygroup"], request.services
    names = [each.strip() for each in asked["volume_types"].split(",") if each.strip()]
    if not names:
        raise errors.BadRequest("volume_types must be provided to create a consistency group.")
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        kind = group_types.older(connection, services.ids, services.database.now(connection))
        row = groups_api.made(request, connection, asked, kind["id"], names)
    return {"consistencygroup": groups_api.brief(row)}


def create_from(request: Request) -> Shown:
    """Make a group of another one, or of a snapshot of one."""
    asked = request.body["consistencygroup-from-src"]
    source = {"group_snapshot_id": asked.get("cgsnapshot_id"), "source_group_id": asked.get("source_cgid")}
    with request.services.database.write() as connection:
        row = copies.request_copy(request, connection, asked | source, OLDER)
    common.ring_scheduler(request)
    return {"consistencygroup": groups_api.brief(row)}


def list_brief(request: Request) -> Shown:
    """List groups."""
    rows, _ = groups_api.listed(request, lambda connection, rows: [groups_api.brief(row) for row in rows], OLDER)
    return {"consistencygroups": rows}


def list_full(request: Request) -> Shown:
    """List groups with everything."""
    rows, _ = groups_api.listed(request, _full, OLDER)
    return {"consistencygroups": rows}


def show(request: Request) -> Shown:
    """Show a group."""
    with request.services.database.read() as connection:
        row = groups_api.own_group(request, connection, "volume:groups:show", OLDER)
        return {"consistencygroup": _full(connection, [row])[0]}


def update(request: Request) -> None:
    """Change a group's name or description, put volumes into it and take some from it."""
    groups_api.change(request, request.body["consistencygroup"], OLDER)


def delete(request: Request) -> None:
    """Delete a group; with its volumes where force is said."""
    services = request.services
    force = flag(str((request.body.get("consistencygroup") or {}).get("force", False)), "force")
    with services.database.write() as connection:
        row = groups_api.own_group(request, connection, "volume:groups:delete", OLDER, lock=True)
        groups.request_delete(connection, services.ids, services.database.now(connection), context=request.context, row=row,
                              with_volumes=force)
    common.ring_scheduler(request)


def _full(connection: sa.Connection, rows: list[groups.Row]) -> list[Shown]:
    of_types = groups.types_of(connection, [row["id"] for row in rows])
    return [groups_api.brief(row) | {
        "status": row["shown_status"], "availability_zone": row["availability_zone"], "description": row["description"],
        "created_at": times.iso_micro(row["created_at"]), "volume_types": of_types[row["id"]]} for row in rows]
