"""A request with an Idempotency-Key: done once, however often it is sent.

    look     is there an answer? then it is repeated
    handler  its first write() opens the transaction and inserts the key's row; later ones join it
    keep     the answer goes into that row
    commit   the effect and its answer are there, or neither; a kill at any point leaves no third way
    bells    what may only follow the commit was collected, and is done now

A refusal rolls all of it back and keeps nothing: sent again, the request is judged anew. Before the
first write() no transaction is open, so that a handler may hash a password or make a key pair there
without keeping anyone waiting.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from cumulo.api.services import Services
from cumulo.common import errors
from cumulo.common.db.engine import Database
from cumulo.common.idempotency import store
from cumulo.common.idempotency.keys import HEADER, Asked
from cumulo.common.idempotency.seal import NONCE_BYTES, Answer, seal, unseal


class JoinedDatabase(Database):
    """The database as a handler sees it whose transactions are to be one, committed when whole() ends.

    `begin` is run first in that transaction. It has no engine of its own: everything is asked of the
    database below.
    """

    def __init__(self, below: Database, begin: Callable[[sa.Connection], None]) -> None:
        self._below = below
        self._begin = begin
        self._connection: sa.Connection | None = None
        self._open = contextlib.ExitStack()
        self._later: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    @property
    def dialect(self) -> str:
        """Return that of the database below."""
        return self._below.dialect

    @property
    def engine(self) -> sa.Engine:
        """Return that of the database below."""
        return self._below.engine

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """Commit at the end what was written within, or nothing of it on an error; then do what waited for it."""
        with self._open:
            yield
        self._connection = None
        for action, arguments in self._later:
            action(*arguments)

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees what this request has written so far."""
        if self._connection is not None:
            yield self._connection
            return
        with self._below.read() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give the one transaction; an error takes back what this block wrote, and leaves what others did."""
        if self._connection is not None:
            with self._connection.begin_nested():
                yield self._connection
            return
        with contextlib.ExitStack() as opening:
            connection = opening.enter_context(self._below.write())
            self._begin(connection)
            yield connection
            self._connection = connection
            self._open.push(opening.pop_all())

    def connection(self) -> sa.Connection:
        """Return the transaction's connection, also where nothing has been written."""
        if self._connection is None:
            with self.write() as connection:
                return connection
        return self._connection

    def after_commit(self, action: Callable[..., object], *arguments: Any) -> None:
        """Do it when whole() has committed."""
        self._later.append((action, arguments))

    def now(self, connection: sa.Connection) -> float:
        """Return the time of the database below."""
        return self._below.now(connection)

    def close(self) -> None:
        """Nothing: the connections belong to the database below."""


class Once:
    """One request with a key."""

    def __init__(self, services: Services, asked: Asked) -> None:
        self._below = services
        self._asked = asked
        self._replaces = False
        self.database = JoinedDatabase(services.database, self._begin)
        self.services = dataclasses.replace(services, database=self.database)

    def earlier(self) -> Answer | None:
        """Return what was answered before, if anything; raises Conflict where the key belongs to another request."""
        database = self._below.database
        with database.read() as connection:
            row = store.find(connection, self._asked.row_id)
            self._replaces = row is not None and row["expires_at"] <= database.now(connection)
        if row is None or self._replaces:
            return None
        if row["request_hash"] != self._asked.request_hash:
            raise errors.Conflict(f"This {HEADER} was used for another request.")
        return unseal(row["status"], row["answer"], self._asked)

    def keep(self, answer: Answer) -> None:
        """Keep the answer in the transaction that did what it tells of."""
        self._keep(self.database.connection(), answer)

    @contextlib.contextmanager
    def last_write(self, answer: Answer) -> Iterator[sa.Connection]:
        """Give a transaction of its own that keeps an answer known beforehand."""
        with self._below.database.write() as connection:
            self._begin(connection)
            yield connection
            self._keep(connection, answer)

    def _begin(self, connection: sa.Connection) -> None:
        store.begin(connection, self._below.database.now(connection), self._asked.row_id, self._asked.request_hash,
                    replaces=self._replaces)

    def _keep(self, connection: sa.Connection, answer: Answer) -> None:
        sealed = seal(answer, self._asked, self._below.ids.random_bytes(NONCE_BYTES))
        store.keep(connection, self._asked.row_id, answer.status, sealed)
