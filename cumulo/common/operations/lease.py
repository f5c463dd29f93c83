"""Who may run an operation: claiming, keeping the claim, recording an outcome under it.

Every claim and every recorded outcome raises the row's epoch, and every write
says `WHERE epoch = mine`. So a runner that stalled past its lease cannot write,
and each step sent to an agent carries an epoch of its own. Works inside the
caller's transaction, with the database's time.
"""

import dataclasses
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, insert, or_, select, update

from cumulo.common import errors
from cumulo.common.db.tables.operations import operation, operation_event
from cumulo.common.db.words import is_one_of
from cumulo.common.operations.agent import STALE
from cumulo.common.operations.step import State
from cumulo.common.operations.store import ACTIVE_PHASES, NEW_DEADLINE


NEGLECT_S = 60.0  # an operation that is looked after is claimed long before that


@dataclasses.dataclass(frozen=True)
class Operation:
    """A claimed operation: what is needed to run the step under the cursor."""

    id: str
    flow: str
    phase: str
    cursor: int
    epoch: int
    tries: int
    state: State
    cancel: bool
    error: str | None
    deadline: float
    resource_type: str
    resource_id: str
    project_id: str | None
    user_id: str | None
    request_id: str


_COLUMNS = [operation.c[field.name] for field in dataclasses.fields(Operation)]
# Statements of every step, built once: that costs more than running them.
_IS_ITS_ID = operation.c.id == bindparam("its_id")
_BY_ID = select(*_COLUMNS).where(_IS_ITS_ID)
_KEEP = update(operation).where(_IS_ITS_ID, operation.c.epoch == bindparam("its_epoch"))
_IS_EVENT = and_(operation_event.c.operation_id == bindparam("its_operation"),
                 operation_event.c.step == bindparam("its_step"), operation_event.c.undo == bindparam("its_undo"))
_EVENT = select(operation_event.c.id).where(_IS_EVENT)
_NEW_EVENT = insert(operation_event)
_END_EVENT = update(operation_event).where(_IS_EVENT)
_EPOCH = select(operation.c.epoch, operation.c.phase).where(_IS_ITS_ID)
_LOCK = _BY_ID.where(operation.c.epoch == bindparam("its_epoch")).with_for_update()
_WAITING = select(operation.c.id).where(
    operation.c.active_key == bindparam("its_resource"), operation.c.leased_until <= bindparam("now"),
    operation.c.due > bindparam("now")).with_for_update(skip_locked=True)


def claim_due(
    connection: Connection, now: float, *, flows: Collection[str], lease_s: float, limit: int, new_deadline_s: float
) -> list[Operation]:
    """Claim operations that are due and nobody's, the longest waiting first.

    Flows that are not named are left for a copy of the service that knows them.
    """
    rows = connection.execute(_due(tuple(flows)), {"now": now, "most": limit}).mappings().all()
    claimed = (_claim(connection, row, now, lease_s, new_deadline_s) for row in rows)
    return [each for each in claimed if each is not None]


def _claim(
    connection: Connection, row: RowMapping, now: float, lease_s: float, new_deadline_s: float
) -> Operation | None:
    """Compare-and-set on the epoch; None when another copy was faster."""
    deadline = now + new_deadline_s if row["deadline"] == NEW_DEADLINE else row["deadline"] + _neglected_s(row, now)
    change = {"epoch": row["epoch"] + 1, "leased_until": now + lease_s, "deadline": deadline}
    if connection.execute(_KEEP, change | {"its_id": row["id"], "its_epoch": row["epoch"]}).rowcount != 1:
        return None
    known = {field.name: row[field.name] for field in dataclasses.fields(Operation)}
    return Operation(**(known | {"epoch": row["epoch"] + 1, "deadline": deadline}))


def _neglected_s(row: RowMapping, now: float) -> float:
    """How long nobody worked at it, as when the whole cloud was down: that does not count against its deadline."""
    idle_s = now - max(row["due"], row["leased_until"], row["updated_at"])
    return idle_s if idle_s > NEGLECT_S else 0.0


def next_due(connection: Connection, now: float, flows: Collection[str]) -> float | None:
    """When the earliest operation that nobody holds is due; None when there is none."""
    return connection.execute(_next_due(tuple(flows)), {"now": now}).scalar()


@functools.cache  # every scheduler asks every few seconds, and building the statement costs more than running it
def _next_due(flows: tuple[str, ...]) -> Select[tuple[float]]:
    return select(operation.c.due).where(*_free(bindparam("now"), flows)).order_by(operation.c.due).limit(1)


@functools.cache
def _due(flows: tuple[str, ...]) -> Select[Any]:
    query = select(*_COLUMNS, operation.c.due, operation.c.leased_until, operation.c.updated_at).where(
        *_free(bindparam("now"), flows), operation.c.due <= bindparam("now"))
    # Another copy's candidates are passed over instead of waited for; SQLite has no such clause nor need.
    return query.order_by(operation.c.due).limit(bindparam("most")).with_for_update(skip_locked=True)


def _free(now: Any, flows: Collection[str]) -> Sequence[Any]:
    return (is_one_of(operation.c.phase, ACTIVE_PHASES), is_one_of(operation.c.flow, flows), operation.c.leased_until <= now)


def renew(connection: Connection, now: float, lease_s: float, held: Mapping[str, int]) -> set[str]:
    """Extend the leases of operations (id -> epoch); return the ids that are held no more."""
    lost = set()
    for operation_id, epoch in sorted(held.items()):
        mine = {"its_id": operation_id, "its_epoch": epoch, "leased_until": now + lease_s}
        if connection.execute(_KEEP, mine).rowcount != 1:
            lost.add(operation_id)
    return lost


def hasten(connection: Connection, now: float, host: str) -> int:
    """Make due at once what waits to be tried again at a host, since its agent is back; return how many.

    Reads only what waits: few operations, and none in a cloud where all is well.
    """
    waits = (operation.c.phase.in_(ACTIVE_PHASES), operation.c.leased_until <= now, operation.c.due > now)
    rows = connection.execute(select(operation.c.id, operation.c.epoch, operation.c.state).where(*waits)).all()
    hastened = 0
    for row in rows:
        if row.state.get("host") == host:
            same = (operation.c.id == row.id, operation.c.epoch == row.epoch)
            hastened += connection.execute(update(operation).where(*same).values(due=now)).rowcount
    return hastened


def hasten_for(connection: Connection, now: float, resource_id: str) -> None:
    """Make due at once what waits for a resource, as a server's build for its volumes; what somebody works at is left alone."""
    for its_id in connection.execute(_WAITING, {"its_resource": resource_id, "now": now}).scalars().all():
        connection.execute(update(operation).where(operation.c.id == its_id).values(due=now))


def revive(connection: Connection, host: str, forward_only: Collection[str]) -> None:
    """Try at once what waits for a host, or gave up waiting, since it was declared down and is not waited for any more."""
    waits = or_(operation.c.phase == "stuck", and_(operation.c.phase.in_(ACTIVE_PHASES), operation.c.tries > 0))
    rows = connection.execute(select(operation.c.id, operation.c.flow, operation.c.phase, operation.c.state).where(waits)).all()
    for row in rows:
        if host not in (row.state.get("host"), row.state.get("source"), row.state.get("target")):
            continue
        change: dict[str, Any] = {"due": 0.0}
        if row.phase == "stuck":
            change |= {"phase": "doing" if row.flow in forward_only else "undoing", "tries": 0, "deadline": NEW_DEADLINE}
        connection.execute(update(operation).where(operation.c.id == row.id, operation.c.phase == row.phase).values(change))


def release(connection: Connection, held: Mapping[str, int]) -> None:
    """Give up leases early, so that another copy need not wait for them to run out."""
    for operation_id, epoch in sorted(held.items()):
        mine = (operation.c.id == operation_id, operation.c.epoch == epoch)
        connection.execute(update(operation).where(*mine).values(leased_until=0.0))


def lock(connection: Connection, claimed: Operation) -> Operation:
    """Lock the row for this transaction and return it as it is now; LeaseLost when another runner owns it.

    Comes before a local step's effects, so that effects and outcome commit together or not at all.
    """
    row = connection.execute(_LOCK, {"its_id": claimed.id, "its_epoch": claimed.epoch}).mappings().one_or_none()
    if row is None:
        raise errors.LeaseLost(f"Operation {claimed.id} is owned by another runner.", operation=claimed.id)
    return Operation(**row)


def confirm(connection: Connection, operation_id: str, epoch: int) -> None:
    """Raise Conflict of the kind STALE unless the operation is active at that epoch: every outcome leaves one behind."""
    row = connection.execute(_EPOCH, {"its_id": operation_id}).one_or_none()
    if row is None or row.epoch != epoch or row.phase not in ACTIVE_PHASES:
        raise errors.Conflict(f"Operation {operation_id} has left epoch {epoch} behind.", kind=STALE)


def keep(
    connection: Connection, claimed: Operation, columns: Mapping[str, Any], *, leased_until: float
) -> Operation:
    """Record an outcome and return the row under its new epoch; `leased_until` 0 lets go of it."""
    values = dict(columns) | {"epoch": claimed.epoch + 1, "leased_until": leased_until}
    if connection.execute(_KEEP, values | {"its_id": claimed.id, "its_epoch": claimed.epoch}).rowcount != 1:
        raise errors.LeaseLost(f"Operation {claimed.id} is owned by another runner.", operation=claimed.id)
    known = {field.name for field in dataclasses.fields(Operation)}
    return dataclasses.replace(claimed, **{name: value for name, value in values.items() if name in known})


def set_percent(connection: Connection, claimed: Operation, percent: int, counts: Mapping[str, int] | None = None) -> None:
    """Show how far a running step is, in percent and by what it counts; without effect when the lease was lost."""
    mine = (operation.c.id == claimed.id, operation.c.epoch == claimed.epoch)
    # The update comes first: it locks the row, so nobody writes its state between reading it and writing it here.
    changed = connection.execute(update(operation).where(*mine).values(percent=max(0, min(percent, 100))))
    if counts and changed.rowcount:
        state = connection.execute(select(operation.c.state).where(*mine)).scalar_one()
        connection.execute(update(operation).where(*mine).values(state=state | {"progress": dict(counts)}))


def event_begins(connection: Connection, operation_id: str, step: str, undo: bool, host: str, now: float, *,
                 is_first: bool) -> None:
    """Note that a step is about to run; a later try of it keeps the first time. is_first: it is known to be no later one."""
    if is_first or connection.execute(_EVENT, _named(operation_id, step, undo)).first() is None:
        values = {"operation_id": operation_id, "step": step, "undo": undo, "host": host, "started_at": now}
        connection.execute(_NEW_EVENT, values)


def event_ends(connection: Connection, operation_id: str, step: str, undo: bool, result: str, now: float) -> None:
    """Note what came of a step."""
    connection.execute(_END_EVENT, _named(operation_id, step, undo) | {"finished_at": now, "result": result})


def _named(operation_id: str, step: str, undo: bool) -> dict[str, Any]:
    return {"its_operation": operation_id, "its_step": step, "its_undo": undo}
