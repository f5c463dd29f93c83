"""What a request committed, counted where every statement passes, on any database.

A statement counts by the rows it changed, and only when its transaction commits. On SQLite the file itself is
asked as well (PRAGMA data_version): it knows nothing of this hook, so what one of them misses the other shows.
"""

import re
import threading
from typing import Any

import sqlalchemy as sa

_READS = re.compile(r"\s*(SELECT|PRAGMA|SHOW|SET|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


class Ledger:
    """Counts what is committed through an engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self._committed: list[str] = []
        self._lock = threading.Lock()
        sa.event.listen(engine, "after_cursor_execute", self._executed)
        sa.event.listen(engine, "commit", self._commit)
        sa.event.listen(engine, "rollback", self._forget)
        self._watcher = engine.connect() if engine.dialect.name == "sqlite" else None
        self._version = self._data_version()

    def close(self) -> None:
        """Let go of the watching connection."""
        if self._watcher is not None:
            self._watcher.close()

    def take(self) -> list[str]:
        """Return the tables that were changed by commits since the last call, one entry for each statement."""
        with self._lock:
            found, self._committed = self._committed, []
        version = self._data_version()
        if version != self._version and not found:
            found = ["a commit that no statement explains"]
        self._version = version
        return found

    def _data_version(self) -> int:
        if self._watcher is None:
            return 0
        # The bare connection, so that no transaction stays open and keeps the view of the file still.
        cursor = self._watcher.connection.cursor()
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])

    def _executed(self, connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if not _READS.match(statement) and cursor.rowcount != 0:
            connection.info.setdefault("changed", []).append(" ".join(statement.split()[:3]))

    def _commit(self, connection: sa.Connection) -> None:
        with self._lock:
            self._committed += connection.info.pop("changed", [])

    def _forget(self, connection: sa.Connection) -> None:
        connection.info.pop("changed", None)
