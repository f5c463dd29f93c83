"""Messages: what users are told of an operation on a volume that came to nothing, written in the transaction that ends it.

    event_id      VOLUME_<kind of thing>_<what was tried>_<why it failed>, for programs
    user_message  the same in words; it names no host and no path

A message outlives what it tells of, and goes after KEPT_S, or when its reader deletes it.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.volume import volume, volume_message, volume_snapshot
from cumulo.common.ids import Ids
from cumulo.common.operations.lease import Operation
from cumulo.volume.volume_queries import Part, page_of

Row = Mapping[str, Any]
KEPT_S = 30 * 24 * 3600.0
ERROR = "ERROR"
KINDS = {"volume": "VOLUME", "snapshot": "VOLUME_SNAPSHOT"}
TRIED = {
    "create_volume": ("001", "make a volume"), "delete_volume": ("002", "delete a volume"),
    "extend_volume": ("003", "extend a volume"), "upload_volume": ("004", "make an image of a volume"),
    "create_snapshot": ("005", "make a snapshot"), "delete_snapshot": ("006", "delete a snapshot"),
    "attach_volume": ("007", "attach a volume"), "detach_volume": ("008", "detach a volume"),
    "migrate_volume": ("009", "move a volume"), "retype_volume": ("010", "give a volume another type"),
    "revert_volume": ("011", "revert a volume to its snapshot"), "reimage_volume": ("012", "give a volume the data of an image"),
    "move_volume": ("009", "move a volume"), "swap_volume": ("013", "swap a volume for another one"),
}
"""What a flow tries, with its number; others are number 000 under their own names."""
_OF_SERVERS = ("attach_volume", "detach_volume", "swap_volume", "move_volume")
"""Flows of servers that are told of the volume."""
NO_ROOM, BACKEND, DEADLINE = "002", "003", "004"
SORT_COLUMNS: dict[str, Any] = {name: volume_message.c[column] for name, column in (
    ("id", "id"), ("created_at", "created_at"), ("event_id", "event_id"), ("resource_uuid", "resource_id"),
    ("resource_type", "resource_type"), ("request_id", "request_id"), ("message_level", "level"),
    ("guaranteed_until", "expires_at"))}


def said(flow: str, error: str, *, is_stuck: bool) -> tuple[str, str]:
    """Return the numbers and the words for an operation that failed with an error, which names its step first."""
    number, tried = TRIED.get(flow, ("000", flow.replace("_", " ")))
    step, _, reason = error.partition(": ")
    if step in ("place", "hold_room"):
        return f"{number}_{NO_ROOM}", f"{tried}: no backend can take it. {reason}".strip()
    if is_stuck or "deadline" in error.lower():
        return f"{number}_{DEADLINE}", f"{tried}: it could not be done in time. Ask again, or ask the operator."
    return f"{number}_{BACKEND}", f"{tried}: the backend failed. Ask again, or ask the operator."


def note(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Tell the project whose thing an operation worked at that it came to nothing."""
    kind, resource_id = (ended.resource_type, ended.resource_id)
    if kind == "server":  # an attachment: the server's business, told of the volume
        kind, resource_id = "volume", ended.state["volume_id"]
    table = {"volume": volume, "snapshot": volume_snapshot}[kind]
    project_id = connection.execute(sa.select(table.c.project_id).where(table.c.id == resource_id)).scalar()
    if project_id is None:
        return
    numbers, words = said(ended.flow, ended.error or "", is_stuck=ended.phase == "stuck")
    connection.execute(sa.insert(volume_message).values(
        id=ids.new_id(), project_id=project_id, request_id=ended.request_id, resource_type=KINDS[kind], resource_id=resource_id,
        event_id=f"VOLUME_{KINDS[kind]}_{numbers}", user_message=words[:1024], level=ERROR, created_at=now, expires_at=now + KEPT_S))


def concerns(ended: Operation) -> bool:
    """Say whether an operation's end is told: one on volumes that nobody cancelled and that came to nothing."""
    is_ours = ended.resource_type in KINDS or ended.flow in _OF_SERVERS
    return is_ours and ended.phase in ("undone", "stuck") and not ended.cancel


def list_messages(connection: sa.Connection, where: list[sa.ColumnElement[bool]], part: Part) -> list[Row]:
    """Return a page of messages; raises NotFound for a marker that is none of them."""
    return page_of(connection, sa.select(volume_message).where(*where), SORT_COLUMNS, part)


def sweep(connection: sa.Connection, now: float, most: int) -> int:
    """Remove messages that have been kept long enough, so many at most; return how many."""
    old = connection.execute(sa.select(volume_message.c.id).where(volume_message.c.expires_at < now).limit(most)).scalars().all()
    if old:
        connection.execute(sa.delete(volume_message).where(volume_message.c.id.in_(old)))
    return len(old)
