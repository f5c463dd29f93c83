"""The shared database of a simulated cloud: real SQL in memory, that loses connections and refuses commits.

One SQLite connection serves every simulated process in turn. That is sound because nothing switches
inside of a transaction (the kernel refuses it): what the simulation shuffles is the order of whole
transactions. What two transactions do to one another while both are open is tried on PostgreSQL.
"""

import contextlib
import sqlite3
import sys
from collections.abc import Iterator

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.migrate import load_tables
from cumulo.common.db.tables.base import metadata
from tests.simulation.kernel import Kernel
from tests.simulation.weather import Weather


class Store:
    """The one connection of this operating-system process; each run begins from the same bytes."""

    def __init__(self) -> None:
        load_tables()
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.engine = sa.create_engine("sqlite://", creator=lambda: self.raw, poolclass=sa.StaticPool)
        sa.event.listen(self.engine, "begin", lambda connection: None)
        metadata.create_all(self.engine)
        self.connection = self.engine.connect()

    def save(self) -> bytes:
        """Return all the rows there are."""
        return self.raw.serialize()

    def load(self, content: bytes) -> None:
        """Begin again from saved rows."""
        self.raw.deserialize(content)
        self.raw.execute("PRAGMA foreign_keys=ON")


class SimDatabase(Database):
    """One process's way to the store."""

    def __init__(self, kernel: Kernel, weather: Weather, store: Store) -> None:
        self._kernel = kernel
        self._weather = weather
        self._store = store
        self._engine = store.engine
        self._clock = Clock()

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give the connection to read with."""
        self._begin("read")
        self._kernel.transaction = "read"
        try:
            yield self._store.connection
        finally:
            self._store.connection.rollback()
            self._kernel.transaction = ""

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give the connection in a transaction."""
        self._begin("write")
        caller = _caller()
        self._kernel.transaction = caller
        connection = self._store.connection
        connection.rollback()
        self._store.raw.execute("BEGIN")
        try:
            yield connection
            self._weather.boundary("commit before")
            if self._weather.happens("commit refused"):
                raise _unavailable("the server closed the connection before the commit")
        except BaseException:
            connection.rollback()
            if self._store.raw.in_transaction:
                self._store.raw.execute("ROLLBACK")
            raise
        else:
            connection.commit()
            if self._store.raw.in_transaction:
                self._store.raw.execute("COMMIT")
        finally:
            self._kernel.transaction = ""
        self._weather.boundary("commit after")
        if self._weather.happens("commit unanswered"):
            raise _unavailable("the server closed the connection after the commit")
        self._kernel.pause()

    def now(self, connection: sa.Connection) -> float:
        """Return the database's time."""
        return self._kernel.now + self._weather.database_clock_s

    def close(self) -> None:
        """Nothing: the store outlives every process."""

    def _begin(self, what: str) -> None:
        self._kernel.pause()
        weather = self._weather
        if weather.database_down or self._kernel.current.process.host in weather.cut_off or weather.happens(
                f"{what} refused"):
            raise _unavailable("the server cannot be reached")


def _caller() -> str:
    """Who opens the transaction: the function above this module's context manager."""
    frame = sys._getframe(3)
    return frame.f_code.co_qualname


def _unavailable(message: str) -> errors.DatabaseUnavailable:
    return errors.DatabaseUnavailable(message)
