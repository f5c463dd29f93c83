"""Moves of servers between hosts, and changes of their size, as the compute API lists them: a view of operations.

A migration is the operation that moves the server; its id in the API is the operation's, and a number made of it for the
versions and paths that want one. What became of it is read from the operation, and from the one by which somebody
confirmed or reverted it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.operations import operation
from cumulo.common.flows import step_under_cursor

Row = Mapping[str, Any]
LIVE, RESIZE, EVACUATION = "live_migrate_server", "resize_server", "evacuate_server"
TYPES = {"live-migration": "live-migration", "resize": "resize", "migrate": "migration", "evacuate": "evacuation"}
"""The API's type of a migration, by the action that began it."""
FLOWS = (LIVE, RESIZE, EVACUATION)
_BATCH = 500
_LIVE_STEPS = {"survey": "queued", "reserve": "queued", "expect": "preparing", "plug_ahead": "preparing",
               "migrate": "running", "switch": "post-migrating"}
_COLD_STEPS = {"choose": "pre-migrating", "power_down": "pre-migrating", "keep_disk": "migrating", "snapshot": "migrating",
               "upload": "migrating", "move": "post-migrating", "follow_ports": "post-migrating",
               "arrive": "post-migrating", "moved": "post-migrating"}
_EVACUATION_STEPS = {"refuge": "accepted", "plug_ports": "pre-migrating", "boot": "migrating", "settle": "post-migrating"}
_STEPS = {LIVE: _LIVE_STEPS, RESIZE: _COLD_STEPS, EVACUATION: _EVACUATION_STEPS}
_DONE = {LIVE: "completed", RESIZE: "finished", EVACUATION: "done"}
_ENDS = {"confirm_resize": ("confirming", "confirmed"), "revert_resize": ("reverting", "reverted")}


def number(operation_id: str) -> int:
    """Return the number of a migration: 31 bits of its id."""
    return int(operation_id.replace("-", "")[:8], 16) & 0x7FFFFFFF


def under_way(connection: sa.Connection, server_id: str) -> Row | None:
    """Return the live migration of a server that is under way, if there is one."""
    query = sa.select(operation).where(operation.c.active_key == server_id, operation.c.flow == LIVE)
    row = connection.execute(query).mappings().first()
    return None if row is None else _shown(row, None)


def was_there(connection: sa.Connection, server_id: str, wanted: int) -> bool:
    """Say whether a server ever had a live migration of this number."""
    ids = connection.execute(sa.select(operation.c.id).where(
        operation.c.resource_id == server_id, operation.c.flow == LIVE)).scalars()
    return any(number(each) == wanted for each in ids)


def find(connection: sa.Connection, operation_id: str) -> Row | None:
    """Return the row of a migration by its id."""
    query = sa.select(operation).where(operation.c.id == operation_id, operation.c.flow.in_(FLOWS))
    return connection.execute(query).mappings().first()


def newest(connection: sa.Connection, *where: sa.ColumnElement[bool], fits: Callable[[Row], bool], count: int,
           after: Row | None = None) -> list[Row]:
    """Return so many migrations, newest first, after the one that is named."""
    found: list[Row] = []
    for row in _rows(connection, where, after):
        if fits(row):
            found.append(row)
        if len(found) == count:
            break
    return found


def _rows(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], after: Row | None) -> Iterator[Row]:
    while True:
        query = sa.select(operation).where(operation.c.flow.in_(FLOWS), *where)
        if after is not None:
            place = sa.or_(operation.c.created_at < after["created_at"], sa.and_(
                operation.c.created_at == after["created_at"], operation.c.id > after["id"]))
            query = query.where(place)
        rows = connection.execute(query.order_by(operation.c.created_at.desc(), operation.c.id).limit(_BATCH)).mappings().all()
        ends = _ends(connection, rows)
        yield from (_shown(row, ends.get(row["id"])) for row in rows)
        if len(rows) < _BATCH:
            return
        after = rows[-1]


def _ends(connection: sa.Connection, rows: Sequence[Row]) -> dict[str, Row]:
    """The operation that confirmed or reverted each change of size: the first one after it."""
    changed = sorted((row for row in rows if row["flow"] == RESIZE and row["phase"] == "done"),
                     key=lambda row: (row["created_at"], row["id"]))
    if not changed:
        return {}
    query = sa.select(operation).where(
        operation.c.resource_id.in_(sorted({row["resource_id"] for row in changed})), operation.c.flow.in_(_ENDS),
    ).order_by(operation.c.created_at)
    found: dict[str, Row] = {}
    for end in connection.execute(query).mappings():
        before = [row for row in changed if row["resource_id"] == end["resource_id"]
                  and row["created_at"] <= end["created_at"]]
        if before:
            found[before[-1]["id"]] = end
    return found


def _shown(row: Row, end: Row | None) -> Row:
    state = row["state"]
    return {
        "id": row["id"], "number": number(row["id"]), "type": TYPES[row["action"]], "status": status(row, end),
        "server_id": row["resource_id"], "source": state.get("source"), "target": state.get("target") or _refuge(state),
        "old_flavor_id": state.get("old_flavor_id", state.get("flavor_id")), "new_flavor_id": state.get("flavor_id"),
        "progress": state.get("progress") or {}, "created_at": row["created_at"],
        "updated_at": max(row["updated_at"], end["updated_at"]) if end else row["updated_at"],
        "user_id": row["user_id"], "project_id": row["project_id"]}


def _refuge(state: Row) -> str | None:
    """The host of an evacuated server, once it has one."""
    return state["host"] if state.get("host") != state.get("source") else None


def status(row: Row, end: Row | None) -> str:
    """Return the API's status of a migration."""
    flow, phase, state = row["flow"], row["phase"], row["state"]
    if phase == "done" or (phase == "undone" and state.get("landed")):
        if end is None:
            return _DONE[flow]
        passing, past = _ENDS[end["flow"]]
        return past if end["phase"] == "done" else passing
    if phase == "undone":
        return "cancelled" if row["cancel"] or state.get("abort") else "error"
    return "error" if phase == "stuck" else _STEPS[flow][step_under_cursor(flow, row["cursor"])]


def check_is_running(migration: Row, server_id: str, allowed: tuple[str, ...], action: str) -> None:
    """Raise BadRequest for a migration that is not at a point where this can be asked of it."""
    if migration["status"] not in allowed:
        raise errors.BadRequest(f"Migration {migration['number']} state of instance {server_id} is {migration['status']}. "
                                f"Cannot {action} while the migration is in this state.")
