"""Groups: volumes of one project that are kept, copied and deleted together.

A group is a row; its volumes name it. What is shown of it follows from them, so it can never be left over:

    creating         volumes that were made with it, of another group or its snapshots, are not all there yet
    error            one of these came to nothing
    deleting         its volumes are being deleted; it goes with the last of them, in the same transaction
    error_deleting   one of them could not be deleted; asking again tries again

Whoever changes a group and volumes holds the volumes first, by their ids, then the group.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import (
    volume,
    volume_group,
    volume_group_snapshot,
    volume_group_volume_type,
)
from cumulo.common.ids import Ids
from cumulo.volume import quotas, states, volumes
from cumulo.volume.volume_queries import Part, page_of

Row = Mapping[str, Any]
FOR_RESET = (states.CREATING, states.AVAILABLE, states.ERROR)
FOR_DELETION = (states.AVAILABLE, states.ERROR, states.ERROR_DELETING, states.DELETING)
MAY_JOIN = (states.AVAILABLE, states.IN_USE)


def _with(status: str, *more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(volume.c.group_id == volume_group.c.id, volume.c.status == status, *more)


_WITH_IT = volume.c.created_at == volume_group.c.created_at
_IS_COPY = sa.and_(volume_group.c.status == states.AVAILABLE,
                   sa.or_(volume_group.c.source_group_id.is_not(None), volume_group.c.group_snapshot_id.is_not(None)))
SHOWN = sa.case(
    (sa.and_(volume_group.c.status == states.DELETING, _with(states.ERROR_DELETING)), states.ERROR_DELETING),
    (sa.and_(_IS_COPY, _with(states.CREATING, _WITH_IT)), states.CREATING),
    (sa.and_(_IS_COPY, _with(states.ERROR, _WITH_IT)), states.ERROR),
    else_=volume_group.c.status).label("shown_status")
SORT_COLUMNS: dict[str, Any] = {"created_at": volume_group.c.created_at, "name": volume_group.c.name, "id": volume_group.c.id,
                                "status": SHOWN, "group_type": volume_group.c.group_type_id,
                                "availability_zone": volume_group.c.availability_zone}


def not_found(group_id: str) -> errors.NotFound:
    """The error for a group that is not there, or not there for the caller."""
    return errors.NotFound(f"Group {group_id} could not be found.")


def get_group(connection: sa.Connection, group_id: str, *where: sa.ColumnElement[bool], project_id: str | None = None,
              lock: bool = False, also: Sequence[str] = ()) -> Row:
    """Return a group that fulfils these conditions, with its shown_status; raises NotFound, also for another project's.

    project_id None: of whatever project. lock holds its volumes, and also these others, then itself, until the
    transaction ends.
    """
    mine = [volume_group.c.id == group_id, *where, *([volume_group.c.project_id == project_id] if project_id is not None else [])]
    held: list[str] = []
    if lock:
        of = sa.select(volume_group.c.id).where(*mine).scalar_subquery()
        held = hold_volumes(connection, sa.or_(volume.c.group_id == of, volume.c.id.in_(also)))
        connection.execute(sa.select(volume_group.c.id).where(*mine).with_for_update()).first()
    row = connection.execute(sa.select(volume_group, SHOWN).where(*mine)).mappings().first()
    if row is None:
        raise not_found(group_id)
    if lock and not set(members(connection, group_id)) <= set(held):
        raise errors.BadRequest(f"Invalid group: Group {group_id} is being changed: try again.")
    return row


def hold_volumes(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[str]:
    """Hold volumes, in the order in which everybody holds several; return their ids."""
    return list(connection.execute(sa.select(volume.c.id).where(which).order_by(volume.c.id).with_for_update()).scalars())


def members(connection: sa.Connection, group_id: str) -> list[str]:
    """Return the ids of a group's volumes, in their order."""
    return list(connection.execute(sa.select(volume.c.id).where(volume.c.group_id == group_id).order_by(volume.c.id)).scalars())


def types_of(connection: sa.Connection, group_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the types that volumes of each group may have: one query for a list page."""
    found: dict[str, list[str]] = {group_id: [] for group_id in group_ids}
    if group_ids:
        table = volume_group_volume_type.c
        query = sa.select(table.group_id, table.type_id).where(table.group_id.in_(group_ids)).order_by(table.type_id)
        for group_id, type_id in connection.execute(query):
            found[group_id].append(type_id)
    return found


def list_groups(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], part: Part) -> list[Row]:
    """Return a page of groups; raises NotFound for a marker that is none of them."""
    return page_of(connection, sa.select(volume_group, SHOWN).where(*where), SORT_COLUMNS, part)


def create(connection: sa.Connection, ids: Ids, now: float, *, conf: cfg.ConfigOpts, context: Context, type_ids: Sequence[str],
           columns: Mapping[str, Any]) -> Row:
    """Make a group without volumes, for volumes of these types; raises TooLarge over quota."""
    project_id = context.project_id or ""
    quotas.check(connection, conf, project_id, quotas.Amount(groups=1))
    row = {"id": ids.new_id(), "project_id": project_id, "user_id": context.user_id, "status": states.AVAILABLE,
           "created_at": now, "updated_at": now, **columns}
    connection.execute(sa.insert(volume_group).values(row))
    for type_id in sorted(set(type_ids)):
        connection.execute(sa.insert(volume_group_volume_type).values(group_id=row["id"], type_id=type_id))
    return get_group(connection, row["id"])


def hold_for_joining(connection: sa.Connection, group_id: str, *where: sa.ColumnElement[bool], project_id: str,
                     type_id: str | None) -> Row:
    """Return a group that fulfils these conditions, held, that a volume of a type may join; raises NotFound, BadRequest."""
    mine = [volume_group.c.id == group_id, volume_group.c.project_id == project_id, *where]
    connection.execute(sa.select(volume_group.c.id).where(*mine).with_for_update()).first()
    row = get_group(connection, group_id, *where, project_id=project_id)
    require(row, "add a volume to it")
    if type_id not in types_of(connection, [group_id])[group_id]:
        raise errors.BadRequest(f"Invalid volume: Its type is none of those of group {group_id}: name one of them.")
    return row


def join(connection: sa.Connection, now: float, row: Row, of: Row) -> None:
    """Put a volume, which the caller holds, into a group; raises BadRequest for its state, its project or another group."""
    volumes.require(of, "add it to a group", MAY_JOIN)
    if of["project_id"] != row["project_id"]:
        raise volumes.not_found(of["id"])
    if of["group_id"] not in (None, row["id"]):
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} is in another group.")
    if of["type_id"] not in types_of(connection, [row["id"]])[row["id"]]:
        raise errors.BadRequest(f"Invalid volume: The type of volume {of['id']} is none of those of group {row['id']}.")
    volumes.update_volume(connection, now, of["id"], group_id=row["id"])


def leave(connection: sa.Connection, now: float, row: Row, of: Row) -> None:
    """Take a volume, which the caller holds, from a group; raises BadRequest where it has snapshots that are the group's."""
    if of["group_id"] != row["id"]:
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} is not in group {row['id']}.")
    if volumes.grouped_snapshots(connection, [of["id"]]):
        raise errors.BadRequest(f"Invalid volume: Volume {of['id']} has snapshots that are part of its group's: delete those first.")
    volumes.update_volume(connection, now, of["id"], group_id=None)


def request_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, with_volumes: bool) -> None:
    """See that a group goes away, with its volumes where that is asked for; asking twice is harmless. The caller holds it.

    Raises BadRequest for its state or that of one of its volumes, and while there are snapshots of it.
    """
    if row["shown_status"] not in FOR_DELETION:
        raise errors.BadRequest(f"Invalid group: Group {row['id']} is {row['shown_status']}, which does not allow to delete it.")
    snapshots = connection.execute(sa.select(volume_group_snapshot.c.id).where(
        volume_group_snapshot.c.group_id == row["id"]).order_by(volume_group_snapshot.c.id)).scalars().all()
    if snapshots:
        raise errors.BadRequest(f"Invalid group: Group {row['id']} has dependent group snapshots: {', '.join(snapshots)}.")
    _refuse_while_copied(connection, row["id"])
    held = members(connection, row["id"])
    if held and not with_volumes:
        raise errors.BadRequest(f"Invalid group: Group {row['id']} has volumes, {', '.join(held)}: delete them with it, or take "
                                "them from it.")
    for volume_id in held:
        of = volumes.get_volume(connection, volume_id)
        volumes.request_delete(connection, ids, now, context=context, row=of, with_group=True)
    update(connection, now, row["id"], status=states.DELETING)
    forget_empty(connection, row["id"])


def _refuse_while_copied(connection: sa.Connection, group_id: str) -> None:
    made = sa.select(volume_group.c.id).where(volume_group.c.source_group_id == group_id, SHOWN == states.CREATING).limit(1)
    if connection.execute(made).first() is not None:
        raise errors.BadRequest(f"Invalid group: Another group is being made of group {group_id}.")


def forget_empty(connection: sa.Connection, group_id: str | None) -> None:
    """Remove a group that is being deleted and has no volumes any more; idempotent. Holds it, so that the last one does it."""
    if group_id is None:
        return
    is_it = volume_group.c.id == group_id
    found = connection.execute(sa.select(volume_group.c.status).where(is_it).with_for_update()).first()
    if found is not None and found.status == states.DELETING and not members(connection, group_id):
        connection.execute(sa.delete(volume_group_volume_type).where(volume_group_volume_type.c.group_id == group_id))
        connection.execute(sa.delete(volume_group).where(is_it))


def update(connection: sa.Connection, now: float, group_id: str, **values: Any) -> None:
    """Change columns of a group."""
    connection.execute(sa.update(volume_group).where(volume_group.c.id == group_id).values(updated_at=now, **values))


def require(row: Row, what: str) -> None:
    """Raise BadRequest unless a group is available."""
    if row["shown_status"] != states.AVAILABLE:
        raise errors.BadRequest(f"Invalid group: Group {row['id']} must be available to {what}, and is {row['shown_status']}.")
