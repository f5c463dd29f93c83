"""Groups made of other groups or of their snapshots (3.14): the same types, and a volume of each volume or snapshot."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.volume.volumes import sources
from cumulo.api.volume.volumes.create import named
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import group_snapshots, groups, types, volumes

Body = dict[str, Any]


def request_copy(request: Request, connection: sa.Connection, asked: Body, *where: sa.ColumnElement[bool]) -> groups.Row:
    """Make a group of one that fulfils these conditions, and begin to make its volumes.

    Raises NotFound, BadRequest, TooLarge over quota.
    """
    snapshot_id, group_id = asked.get("group_snapshot_id"), asked.get("source_group_id")
    if bool(snapshot_id) == bool(group_id):
        raise errors.BadRequest("A group is made of a group snapshot or of another group: name one of them.")
    services, mine = request.services, common.project_of(request)
    services.tokens.hold(connection, common.own_project(request))
    if snapshot_id:
        found = group_snapshots.get(connection, common.short_id(snapshot_id, group_snapshots.not_found), project_id=mine, lock=True)
        of = groups.get_group(connection, found["group_id"], *where)
        parts = [{"snapshot_id": each} for each in group_snapshots.members(connection, found["id"])]
    else:
        of = groups.get_group(connection, common.short_id(group_id or "", groups.not_found), *where, project_id=mine, lock=True)
        groups.require(of, "make another one of it")
        parts = [{"source_volid": each} for each in groups.members(connection, of["id"])]
    if not parts:
        raise errors.BadRequest("Invalid group: What it is to be made of is empty.")
    row = groups.create(
        connection, services.ids, services.database.now(connection), conf=services.conf, context=request.context,
        type_ids=groups.types_of(connection, [of["id"]])[of["id"]],
        columns={"name": named(asked, "name"), "description": named(asked, "description"), "group_type_id": of["group_type_id"],
                 "availability_zone": of["availability_zone"], "source_group_id": group_id or None,
                 "group_snapshot_id": snapshot_id or None})
    for part in parts:
        _copy(request, connection, row, part)
    return groups.get_group(connection, row["id"])


def _copy(request: Request, connection: sa.Connection, row: groups.Row, part: dict[str, str]) -> None:
    services, source = request.services, sources.find(request, connection, part)
    own_type = types.get_type(connection, source.type_id, None) if source.type_id else None
    columns = source.columns | {
        "name": row["name"], "description": row["description"], "metadata": {}, "group_id": row["id"],
        "type_id": source.type_id, "multiattach": own_type is not None and types.is_multiattach(own_type["extra_specs"])}
    wish = volumes.Wish(source.size_gib or source.least_gib, columns, own_type["name"] if own_type else None, source.state)
    # At the same moment as the group: by that it is known as one of those that the group begins with.
    volumes.request_create(connection, services.ids, row["created_at"], conf=services.conf, context=request.context, wish=wish)
