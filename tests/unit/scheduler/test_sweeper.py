"""Expired answers go, whatever their number; the others stay."""

import contextlib
import unittest
from collections.abc import Iterator
from unittest import mock

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.idempotency import idempotency_key as table
from cumulo.common.ids import Ids
from cumulo.scheduler import sweeper
from cumulo.volume.key_manager import KeyManager
from tests.fixtures.database import temporary_database


def no_key_manager(database: Database) -> KeyManager:
    """Return what a cloud has that keeps all keys itself."""
    return KeyManager(database, cfg.ConfigOpts(), Ids(), None)


class SweeperTest(unittest.TestCase):
    """A table of answers."""

    def setUp(self) -> None:
        self.database = temporary_database()
        self.addCleanup(self.database.close)
        with self.database.read() as connection:
            self.now = self.database.now(connection)
        self.sweeper = sweeper.Sweeper(self.database, no_key_manager(self.database))

    def add(self, count: int, expires_in: float) -> None:
        """Add rows."""
        with self.database.write() as connection:
            connection.execute(sa.insert(table), [
                {"id": f"{expires_in}-{number}", "request_hash": "", "status": 204, "answer": b"",
                 "created_at": self.now, "expires_at": self.now + expires_in} for number in range(count)])

    def left(self) -> int:
        """Return how many there are."""
        with self.database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def test_all_that_has_expired_goes(self) -> None:
        self.add(3, 60)
        self.add(2 * sweeper.MOST_AT_ONCE + 7, -1)
        self.assertEqual(2 * sweeper.MOST_AT_ONCE + 7, self.sweeper.run_once())
        self.assertEqual((3, 0), (self.left(), self.sweeper.run_once()))

    def test_a_sweep_ends(self) -> None:
        self.add(sweeper.MOST_AT_ONCE + 1, -1)
        with mock.patch.object(sweeper, "MOST_ROUNDS", 1):
            self.assertEqual(sweeper.MOST_AT_ONCE, self.sweeper.run_once())
        self.assertEqual(1, self.left())

    def test_it_goes_on_while_the_database_is_away(self) -> None:
        stopping = Stopping(rounds=2)
        away = Away("sqlite:////nowhere.sqlite", Clock())
        sweeper.Sweeper(away, no_key_manager(away)).run_forever(stopping)
        self.assertEqual([sweeper.SWEEP_EVERY_S] * 3, stopping.waits)

    def test_it_sweeps_until_it_is_stopped(self) -> None:
        self.add(1, -1)
        self.sweeper.run_forever(Stopping(rounds=1))
        self.assertEqual(0, self.left())


class Away(Database):
    """A database that cannot be reached."""

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Fail as a lost connection does."""
        raise errors.DatabaseUnavailable("away")
        yield


class Stopping:
    """An event that is set after some waits."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self.waits: list[float] = []

    def wait(self, timeout_s: float) -> bool:
        """Note for how long; say whether it is set."""
        self.waits.append(timeout_s)
        return len(self.waits) > self._rounds
