"""Removes the answers kept for idempotency keys, and messages, once they have expired: a few at a time, for ever.

So are keys of volumes that nobody has any more, where a key manager keeps them.

Any number of schedulers may sweep at once. Nobody waits for it: a key whose row has expired is free
whether the row is still there or not.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.db.engine import Database
from cumulo.common.idempotency import store
from cumulo.volume import messages
from cumulo.volume.key_manager import KeyManager

LOG = log.get(__name__)

SWEEP_EVERY_S = 30.0
MOST_AT_ONCE = 500  # rows a transaction: milliseconds, so that it holds up nobody
MOST_ROUNDS = 200  # 100,000 rows a sweep: more than 3,000 requests with a key a second


class Sweeper:
    """Sweeps the database of a scheduler process."""

    def __init__(self, database: Database, volume_keys: KeyManager) -> None:
        self._database = database
        self._volume_keys = volume_keys

    def run_once(self) -> int:
        """Remove what has expired; return how many rows."""
        removed = self._sweep(store.sweep)
        if removed:
            LOG.info("idempotency_keys_removed", count=removed)
        return removed + self._sweep(messages.sweep)

    def _sweep(self, sweep: Callable[[sa.Connection, float, int], int]) -> int:
        removed = 0
        for _ in range(MOST_ROUNDS):
            with self._database.write() as connection:
                count = sweep(connection, self._database.now(connection), MOST_AT_ONCE)
            removed += count
            if count < MOST_AT_ONCE:
                break
        return removed

    def run_forever(self, stopping: Any) -> None:
        """Sweep until the event is set."""
        while not stopping.wait(SWEEP_EVERY_S):
            try:
                self.run_once()
            except errors.DatabaseUnavailable as error:
                LOG.warning("idempotency_keys_not_removed", reason=error)
            try:
                self._volume_keys.run_once()
            except errors.CumuloError as error:
                LOG.warning("volume_keys_not_forgotten", reason=error)
