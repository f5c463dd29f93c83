"""Operation rows as the API sees them: created, cancelled, looked up.

Every function works inside the caller's transaction. How a runner claims rows
and records what became of them is in `lease.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cumulo.common.context import Context
from cumulo.common.db.tables.operations import operation, operation_event
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.common.operations.step import State

if TYPE_CHECKING:
    from cumulo.common.operations.lease import Operation

ACTIVE_PHASES = ("doing", "undoing")
SUCCESS = "Success"
NEW_DEADLINE = 0.0  # in place of a deadline: whoever claims the operation next gives it one
# Statements of every request, built once: that costs more than running them.
_NEW = insert(operation)
_ACTIVE = select(operation).where(operation.c.active_key == bindparam("its_resource"))
_ACTIVE_OF = select(operation).where(operation.c.active_key.in_(bindparam("its_resources", expanding=True)))


def create(
    connection: Connection,
    ids: Ids,
    now: float,
    *,
    flow: str,
    resource_type: str,
    resource_id: str,
    state: State,
    context: Context,
    action: str,
    deadline_s: float = 3600,
    is_new: bool = False,
) -> str:
    """Insert an operation that is due at once and return its id; Conflict when another is active.

    is_new: the resource has come to be in this transaction, so nothing can be under way with it.
    The caller's transaction must end when Conflict is raised: it may stand for
    a violated unique index, after which PostgreSQL accepts nothing more.
    """
    running = None if is_new else active(connection, resource_id)
    if running is not None:
        raise conflicts.busy(resource_type, resource_id, str(running["action"]))
    operation_id = ids.new_id()
    row = {
        "id": operation_id, "flow": flow, "phase": "doing", "cursor": 0, "epoch": 0, "leased_until": 0.0,
        "due": now, "tries": 0, "state": state, "error": None, "cancel": False, "percent": 0,
        "resource_type": resource_type, "resource_id": resource_id, "active_key": resource_id,
        "project_id": context.project_id, "user_id": context.user_id, "request_id": context.request_id,
        "action": action, "deadline": now + deadline_s, "created_at": now, "updated_at": now, "finished_at": None,
    }  # fmt: skip
    try:
        connection.execute(_NEW, row)
    except IntegrityError as error:  # another request created one after the look above
        raise conflicts.busy(resource_type, resource_id, "another operation") from error
    return operation_id


def meet(connection: Connection, resource_type: str, resource_id: str, asked: str) -> RowMapping | None:
    """Return the unfinished operation that a change meets, if any; Conflict where the table refuses the change.

    The caller holds the resource's row, so what is met cannot change until its transaction ends.
    """
    if not conflicts.matters(asked):
        return None
    running = active(connection, resource_id)
    if running is not None and conflicts.judge(asked, running) is conflicts.REFUSED:
        raise conflicts.busy(resource_type, resource_id, "delete" if running["cancel"] else running["action"])
    return running


def cancel(connection: Connection, resource_id: str, *, context: Context | None = None) -> bool:
    """Ask the resource's active operation to walk back; False when there is none.

    An operation that was stuck is tried again from where it stands: asking is
    how a person says that the obstacle is gone. `context` is whoever asked; the
    deletion that follows is made in that name.
    """
    is_active = operation.c.active_key == resource_id
    # The update comes first: it locks the row, so a runner cannot finish it, or write its state, in between.
    if connection.execute(update(operation).where(is_active).values(cancel=True, due=0.0)).rowcount != 1:
        return False
    row = connection.execute(select(operation.c.phase, operation.c.state).where(is_active)).mappings().one()
    change: dict[str, Any] = {"state": row["state"] | {"cancelled_by": context.to_dict()}} if context else {}
    if row["phase"] == "stuck":
        change |= {"phase": "undoing", "tries": 0, "deadline": NEW_DEADLINE}
    if change:
        connection.execute(update(operation).where(is_active).values(change))
    return True


def queue(connection: Connection, running: RowMapping, *, flow: str, state: State, context: Context, action: str) -> None:
    """Have an operation follow the one that is under way: whoever ends that begins it (begin_next)."""
    waits = {"flow": flow, "state": state, "context": context.to_dict(), "action": action}
    note(connection, running["id"], then=[*running["state"].get("then", ()), waits])


def begin_next(connection: Connection, ids: Ids, now: float, ended: Operation) -> bool:
    """Begin what waits for an operation that has ended, if something does; say whether it is so."""
    waiting = ended.state.get("then") or []
    if waiting:
        first, *rest = waiting
        create(connection, ids, now, flow=first["flow"], resource_type=ended.resource_type, resource_id=ended.resource_id,
               state=first["state"] | ({"then": rest} if rest else {}), context=Context.from_dict(first["context"]),
               action=first["action"])
    return bool(waiting)


def note(connection: Connection, operation_id: str, **wanted: Any) -> None:
    """Write into the state of an operation what somebody wants of it."""
    is_it = operation.c.id == operation_id
    # The update comes first: it locks the row, so a runner cannot write its state in between.
    connection.execute(update(operation).where(is_it).values(id=operation_id))
    state = connection.execute(select(operation.c.state).where(is_it)).scalar_one()
    connection.execute(update(operation).where(is_it).values(state=state | wanted))


def active(connection: Connection, resource_id: str) -> RowMapping | None:
    """The resource's unfinished operation (it may be stuck), if any."""
    return connection.execute(_ACTIVE, {"its_resource": resource_id}).mappings().one_or_none()


def is_wanted(connection: Connection, resource_id: str) -> bool:
    """Say whether an operation of the resource is under way that nobody has cancelled."""
    running = active(connection, resource_id)
    return running is not None and not running["cancel"] and running["phase"] == "doing"


def active_of(connection: Connection, resource_ids: Sequence[str]) -> dict[str, RowMapping]:
    """The unfinished operations of several resources, by resource id: one query for a list page."""
    if not resource_ids:
        return {}
    rows = connection.execute(_ACTIVE_OF, {"its_resources": list(resource_ids)}).mappings()
    return {row["resource_id"]: row for row in rows}


def for_resource(connection: Connection, resource_id: str) -> Sequence[RowMapping]:
    """All operations of a resource, newest first."""
    query = select(operation).where(operation.c.resource_id == resource_id)
    return connection.execute(query.order_by(operation.c.created_at.desc(), operation.c.id)).mappings().all()


def by_request(connection: Connection, resource_id: str, request_id: str) -> RowMapping | None:
    """The newest operation a request started on a resource, if any."""
    query = select(operation).where(operation.c.resource_id == resource_id, operation.c.request_id == request_id)
    return connection.execute(query.order_by(operation.c.created_at.desc()).limit(1)).mappings().first()


def count_unfinished(connection: Connection) -> dict[tuple[str, str], int]:
    """How many operations hold a resource, by flow and phase."""
    by = (operation.c.flow, operation.c.phase)
    query = select(*by, func.count()).where(operation.c.active_key.is_not(None)).group_by(*by)
    return {(flow, phase): count for flow, phase, count in connection.execute(query)}


def events(connection: Connection, operation_id: str) -> Sequence[RowMapping]:
    """What the steps of an operation did, in the order they began."""
    query = select(operation_event).where(operation_event.c.operation_id == operation_id)
    return connection.execute(query.order_by(operation_event.c.id)).mappings().all()
