"""Server groups: which servers shall share a host, or shall not. A server is in the group of its own row, for ever.

The generation of a group rises with every member that is placed: a plan made from an older look at the group is void,
so that two members placed at the same moment cannot both miss the other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import server, server_group
from cumulo.common.ids import Ids
from cumulo.compute import quotas

Row = Mapping[str, Any]
AFFINITY, ANTI_AFFINITY = "affinity", "anti-affinity"
SOFT_AFFINITY, SOFT_ANTI_AFFINITY = "soft-affinity", "soft-anti-affinity"


def not_found(group_id: str) -> errors.NotFound:
    """The error for a group that is not there, or not there for the caller."""
    return errors.NotFound(f"Instance group {group_id} could not be found.")


def list_groups(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Return the groups that meet the conditions, oldest first, each with the ids of its living members."""
    rows = connection.execute(sa.select(server_group).where(*where).order_by(
        server_group.c.created_at, server_group.c.id)).mappings().all()
    members: dict[str, list[str]] = {row["id"]: [] for row in rows}
    query = sa.select(server.c.id, server.c.group_id).where(
        server.c.group_id.in_(members), server.c.deleted_at.is_(None)).order_by(server.c.created_at, server.c.id)
    for row in connection.execute(query) if members else ():
        members[row.group_id].append(row.id)
    return [{**row, "members": members[row["id"]]} for row in rows]


def get_group(connection: sa.Connection, group_id: str, project_id: str | None) -> dict[str, Any]:
    """Return a group of the project (None: of any); raises NotFound."""
    own = [] if project_id is None else [server_group.c.project_id == project_id]
    found = list_groups(connection, server_group.c.id == group_id, *own)
    if not found:
        raise not_found(group_id[:64])
    return found[0]


def create_group(connection: sa.Connection, ids: Ids, now: float, limits: quotas.Limits, *, project_id: str,
                 user_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Insert a group and return it; raises QuotaExceeded."""
    quotas.check_server_groups(connection, limits, project_id)
    row = {"id": ids.new_id(), "project_id": project_id, "user_id": user_id, "generation": 0, "created_at": now, **values}
    connection.execute(sa.insert(server_group).values(row))
    return {**row, "members": []}


def delete_group(connection: sa.Connection, group_id: str) -> None:
    """Delete a group; its servers stay where they are, and are in no group from now on."""
    # The group first, as where a member is placed: neither then waits for the other for ever.
    connection.execute(sa.update(server_group).where(server_group.c.id == group_id).values(
        generation=server_group.c.generation + 1))
    connection.execute(sa.update(server).where(server.c.group_id == group_id).values(group_id=None))
    connection.execute(sa.delete(server_group).where(server_group.c.id == group_id))


def join(connection: sa.Connection, limits: quotas.Limits, group_id: str, project_id: str, count: int) -> str:
    """Hold a group of the project for servers that are about to be made in it, and return its id.

    Raises BadRequest when there is no such group, and QuotaExceeded when it would have too many members.
    """
    held = connection.execute(sa.update(server_group).where(
        server_group.c.id == group_id, server_group.c.project_id == project_id).values(
            generation=server_group.c.generation + 1)).rowcount
    if not held:
        raise errors.BadRequest(f"Instance group {group_id[:64]} could not be found.")
    members = connection.execute(sa.select(sa.func.count()).select_from(server).where(
        server.c.group_id == group_id, server.c.deleted_at.is_(None))).scalar_one()
    if limits.server_group_members != quotas.UNLIMITED and members + count > limits.server_group_members:
        raise errors.QuotaExceeded(
            f"Quota exceeded, too many servers in group: {members} of {limits.server_group_members} are there.")
    return group_id


def hosts_of_members(connection: sa.Connection, group_id: str, without: str) -> Sequence[str]:
    """Return the host of every placed member but one, so that a host with two of them is there twice."""
    return connection.execute(sa.select(server.c.host).where(
        server.c.group_id == group_id, server.c.id != without, server.c.host.is_not(None),
        server.c.deleted_at.is_(None)).order_by(server.c.id)).scalars().all()
