"""Snapshots of consistency groups: what older clients call snapshots of groups of one type."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume.group_snapshots import handlers as snapshots_api
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.volume import volume_group, volume_group_snapshot
from cumulo.volume import group_snapshots, group_types

Shown = dict[str, Any]
OLDER = volume_group_snapshot.c.group_id.in_(sa.select(volume_group.c.id).where(group_types.is_older()))


def create(request: Request) -> Shown:
    """Begin to make a snapshot of every volume of a group."""
    asked = request.body["cgsnapshot"]
    row = snapshots_api.made(request, asked, asked["consistencygroup_id"], group_types.is_older())
    return {"cgsnapshot": snapshots_api.brief(row)}


def list_brief(request: Request) -> Shown:
    """List snapshots."""
    rows, _ = snapshots_api.listed(request, OLDER)
    return {"cgsnapshots": [snapshots_api.brief(row) for row in rows]}


def list_full(request: Request) -> Shown:
    """List snapshots with everything."""
    rows, _ = snapshots_api.listed(request, OLDER)
    return {"cgsnapshots": [_full(row) for row in rows]}


def show(request: Request) -> Shown:
    """Show a snapshot."""
    with request.services.database.read() as connection:
        return {"cgsnapshot": _full(snapshots_api.own(request, connection, "volume:group_snapshots:show", OLDER))}


def delete(request: Request) -> None:
    """Begin to delete a snapshot."""
    snapshots_api.end(request, OLDER)


def _full(row: group_snapshots.Row) -> Shown:
    return snapshots_api.brief(row) | {
        "consistencygroup_id": row["group_id"], "status": row["shown_status"], "description": row["description"],
        "created_at": times.iso_micro(row["created_at"])}
