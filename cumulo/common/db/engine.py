"""Connections and transactions.

    with database.read() as connection: ...     a consistent read, nothing written
    with database.write() as connection: ...    one transaction, committed at the end or rolled back

Both raise DatabaseUnavailable when the database is away or breaks the transaction off; every other
error of a statement comes through as SQLAlchemy has it, for whoever sent the statement to judge.

A transaction is short and never spans a call into the world (RPC, files, libvirt). On SQLite a
writer takes the write lock at once (BEGIN IMMEDIATE) under a lock of this process: green threads
share one operating-system thread, and a second one waiting inside SQLite would stop the first.
Errors name their statement without its values, which may be passwords: errors are logged.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from eventlet import patcher
from eventlet.hubs import trampoline

from cumulo.common import boundary, errors, log
from cumulo.common.clock import Clock

LOG = log.get(__name__)
IDLE_S = 1.0
"""Seconds after which a connection is asked whether it still stands before it is used again."""
_NOW = {
    "postgresql": "SELECT EXTRACT(EPOCH FROM clock_timestamp())::double precision",
    "mysql": "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) AS DOUBLE)",
    "mariadb": "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) AS DOUBLE)",
}


class Database:
    """The shared database behind one pool of connections."""

    def __init__(self, url: str, clock: Clock, *, pool_size: int = 5, max_overflow: int = 25) -> None:
        self._clock = clock
        self._engine = _create_engine(url, clock, pool_size, max_overflow)
        self._reading = _each_alone if self.dialect == "postgresql" else contextlib.nullcontext
        self._writer = threading.RLock() if self.dialect == "sqlite" else contextlib.nullcontext()

    @property
    def dialect(self) -> str:
        """Return sqlite, postgresql, mysql or mariadb."""
        return self._engine.dialect.name

    @property
    def engine(self) -> sa.Engine:
        """Return the engine, for migrations."""
        return self._engine

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection to read with, and for nothing else: what is written with it may be kept or not.

        Statements of one block may see different moments.
        """
        with _told_apart(), self._engine.connect() as connection, self._reading(connection):
            yield connection
            connection.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction that commits at the end, or rolls back on an error."""
        with _told_apart(), self._writer, self._engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.info["begin"] = "BEGIN IMMEDIATE"
            with connection.begin():
                yield connection
                boundary.commit("before")
        boundary.commit("after")

    def after_commit(self, action: Callable[..., object], *arguments: Any) -> None:
        """Do what may only follow the commit; call it after the write() block, when it is done at once.

        Where the block was a part of a longer transaction (cumulo/api/wsgi/once.py) it waits for that
        one's commit.
        """
        action(*arguments)

    def now(self, connection: sa.Connection) -> float:
        """Return the database's time in epoch seconds: the one clock all hosts share."""
        statement = _NOW.get(self.dialect)
        return float(connection.exec_driver_sql(statement).scalar_one()) if statement else self._clock.now()

    def close(self) -> None:
        """Close every idle connection."""
        self._engine.dispose()


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Tell a database that is away, which is nobody's mistake, from a statement that is wrong."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        LOG.warning("database_unreachable", reason=str(error.orig).strip())
        raise errors.DatabaseUnavailable("The database cannot be reached now. Try again.") from error


def _create_engine(url: str, clock: Clock, pool_size: int, max_overflow: int) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    options: dict[str, Any] = {}
    if parsed.get_backend_name() == "postgresql":
        _let_green_threads_wait()
    else:
        options["connect_args"] = {"charset": "utf8mb4"}
        options["isolation_level"] = "READ COMMITTED"
    engine = sa.create_engine(parsed, pool_size=pool_size, max_overflow=max_overflow, pool_recycle=1800,
                              hide_parameters=True, **options)
    _ask_the_idle(engine, clock)
    return engine


@contextlib.contextmanager
def _each_alone(connection: sa.Connection) -> Iterator[None]:
    """Let each statement be a transaction of its own.

    At READ COMMITTED that makes no difference to what they see, but BEGIN and ROLLBACK are two more round trips, which
    take longer than a short read. To psycopg2 itself, as SQLAlchemy's AUTOCOMMIT sets the isolation level anew
    afterwards: one more round trip. PyMySQL sends no BEGIN, and on SQLite all of a read sees one moment.
    """
    raw: Any = connection.connection.dbapi_connection
    raw.autocommit = True
    try:
        yield
    finally:
        if not raw.closed:
            raw.autocommit = False


def _ask_the_idle(engine: sa.Engine, clock: Clock) -> None:
    """Ask a connection that has been idle for a while whether it still stands, before it is handed out.

    Not one that was in use a moment ago: asking takes as long as a short read, and what breaks in that moment
    may as well break after the answer.
    """
    @sa.event.listens_for(engine, "checkin")
    def _returned(connection: Any, record: Any) -> None:
        record.info["returned_at"] = clock.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _wanted(connection: Any, record: Any, proxy: Any) -> None:
        returned_at = record.info.get("returned_at")
        if returned_at is None or clock.monotonic() < returned_at + IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as failure:
            if not engine.dialect.is_disconnect(failure, connection, None):  # type: ignore[arg-type]
                raise
            raise sa.exc.InvalidatePoolError from failure  # nor do the others stand: the pool begins again


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if url.database:
        os.makedirs(os.path.dirname(os.path.abspath(url.database)), exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False},
                              pool_size=5, max_overflow=50, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # this module says BEGIN itself
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.info.pop("begin", "BEGIN"))

    return engine


def _let_green_threads_wait() -> None:
    """Make libpq wait in the hub, so that one green thread's query does not stop the others."""
    if not patcher.is_monkey_patched("socket"):
        return
    import psycopg2
    from psycopg2 import extensions

    def wait(connection: Any) -> None:
        while (state := connection.poll()) != extensions.POLL_OK:
            if state == extensions.POLL_READ:
                trampoline(connection.fileno(), read=True)
            elif state == extensions.POLL_WRITE:
                trampoline(connection.fileno(), write=True)
            else:
                raise psycopg2.OperationalError(f"unexpected state of the connection: {state}")

    extensions.set_wait_callback(wait)
