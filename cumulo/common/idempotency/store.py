"""The rows of idempotency keys, inside the caller's transaction.

The row is inserted first and gets its answer last, in the transaction that does what was asked. So
a request that is sent twice at once is done once: the second insert waits for the first one's
transaction, and then meets its row, or takes its place where that was rolled back.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.idempotency import idempotency_key as table

KEEP_S = 24 * 3600.0
LONGEST_WAIT_S = 10
RETRY_AFTER_S = 1

_INSERT = ("INSERT INTO idempotency_key (id, request_hash, created_at, expires_at)"
           " VALUES (:row_id, :request_hash, :created_at, :expires_at)")
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code
_LOCK_WAIT_TIMEOUT, _DEADLOCK = 1205, 1213  # MariaDB's numbers


def find(connection: sa.Connection, row_id: str) -> sa.RowMapping | None:
    """Return the row of a key; it may have expired."""
    return connection.execute(sa.select(table).where(table.c.id == row_id)).mappings().one_or_none()


def begin(connection: sa.Connection, now: float, row_id: str, request_hash: str, *, replaces: bool) -> None:
    """Insert the row of a key: the first thing its transaction does.

    replaces: an expired row was seen, which is removed first. Raises Conflict, after which the
    transaction must end, where another request has the key, or held it for LONGEST_WAIT_S.
    """
    values = {"row_id": row_id, "request_hash": request_hash, "created_at": now, "expires_at": now + KEEP_S}
    try:
        if connection.dialect.name == "postgresql":
            _insert_on_postgresql(connection, now, values, replaces)
        else:
            _remove_expired(connection, now, row_id, replaces)
            connection.execute(sa.text(_bound(connection.dialect.name) + _INSERT), values)
    except sa.exc.IntegrityError as failure:
        raise busy() from failure
    except sa.exc.OperationalError as failure:
        if not _has_waited_in_vain(failure):
            raise
        raise busy() from failure


def _insert_on_postgresql(connection: sa.Connection, now: float, values: dict[str, Any], replaces: bool) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LONGEST_WAIT_S}s'")
    _remove_expired(connection, now, values["row_id"], replaces)
    connection.execute(sa.text(_INSERT), values)
    # The waits that follow are the request's own, and as long as without a key.
    connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")


def _bound(dialect: str) -> str:
    """MariaDB bounds the wait of one statement; SQLite's writers wait for one another before they begin."""
    return "" if dialect == "sqlite" else f"SET STATEMENT innodb_lock_wait_timeout = {LONGEST_WAIT_S} FOR "


def _remove_expired(connection: sa.Connection, now: float, row_id: str, replaces: bool) -> None:
    if replaces:
        connection.execute(sa.delete(table).where(table.c.id == row_id, table.c.expires_at <= now))


def _has_waited_in_vain(failure: sa.exc.OperationalError) -> bool:
    if getattr(failure.orig, "pgcode", None) == _LOCK_NOT_AVAILABLE:
        return True
    # Three twins whose first is rolled back are a deadlock of the other two on MariaDB.
    return failure.orig is not None and failure.orig.args[:1] in ((_LOCK_WAIT_TIMEOUT,), (_DEADLOCK,))


def busy() -> errors.Conflict:
    """Return the error for a key whose request is under way."""
    return errors.Conflict("A request with this Idempotency-Key is being answered. Send it again in a moment.",
                           retry_after_s=RETRY_AFTER_S)


def keep(connection: sa.Connection, row_id: str, status: int, answer: bytes) -> None:
    """Give the row, which this transaction inserted, its answer."""
    connection.execute(sa.update(table).where(table.c.id == row_id).values(status=status, answer=answer))


def sweep(connection: sa.Connection, now: float, most: int) -> int:
    """Remove rows that have expired, the oldest first, at most so many; return how many."""
    oldest = sa.select(table.c.id).where(table.c.expires_at <= now).order_by(table.c.expires_at, table.c.id)
    expired = connection.execute(oldest.limit(most)).scalars().all()
    if not expired:
        return 0
    # The time again: a key that came back into use since the look has a fresh row under the same id.
    return connection.execute(sa.delete(table).where(table.c.id.in_(expired), table.c.expires_at <= now)).rowcount
