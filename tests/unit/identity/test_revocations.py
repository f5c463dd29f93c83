"""Events: what they refuse, and that later tokens are not refused."""

import unittest

import sqlalchemy as sa

from cumulo.common import config
from cumulo.common.db.tables import identity as tables
from cumulo.identity import options, revocations
from cumulo.identity.model import Scope
from cumulo.identity.revocations import Revocations
from tests.fixtures.database import temporary_database


class RevocationsTest(unittest.TestCase):
    """Recording in one process, reading in another."""

    def setUp(self) -> None:
        self.conf = config.load([], registrations=[options])
        self.database = temporary_database()
        self.addCleanup(self.database.close)
        self.known = Revocations()
        with self.database.write() as connection:
            revocations.ensure_row(connection)
            revocations.ensure_row(connection)

    def refresh(self, now: float = 0.0) -> bool:
        with self.database.read() as connection:
            return self.known.refresh(connection, now)

    def test_refuses_earlier_tokens_only(self) -> None:
        self.assertTrue(self.refresh())
        before = self.known.generation
        with self.database.write() as connection:
            revocations.recorder(connection, self.conf, 0.0).user("alice")
        self.assertFalse(self.known.refuses(before, "user", "alice"))
        self.assertTrue(self.refresh())
        self.assertFalse(self.refresh())
        self.assertTrue(self.known.refuses(before, "user", "alice"))
        self.assertFalse(self.known.refuses(before, "user", "bob"))
        self.assertFalse(self.known.refuses(before, "project", "alice"))
        self.assertFalse(self.known.refuses(self.known.generation, "user", "alice"))

    def test_change_refuses_nothing_but_is_news(self) -> None:
        self.refresh()
        with self.database.write() as connection:
            revocations.recorder(connection, self.conf, 0.0).change()
        self.assertTrue(self.refresh())
        self.assertFalse(self.known.refuses(0, "change", ""))

    def test_rolled_back_change_leaves_nothing(self) -> None:
        self.refresh()
        with self.assertRaises(ValueError), self.database.write() as connection:
            revocations.recorder(connection, self.conf, 0.0).grant("alice", Scope("project", "p"))
            raise ValueError
        self.assertFalse(self.refresh())

    def test_old_events_go(self) -> None:
        with self.database.write() as connection:
            revocations.recorder(connection, self.conf, 0.0).token("audit")
        self.refresh()
        later = 2 * self.conf.identity.token_ttl_s + 61.0
        with self.database.write() as connection:
            revocations.recorder(connection, self.conf, later).change()
            kinds = list(connection.execute(sa.select(tables.event.c.kind)).scalars())
        self.assertEqual(["change"], kinds)
        self.assertTrue(self.known.refuses(0, "token", "audit"))
        self.refresh(later)
        self.assertFalse(self.known.refuses(0, "token", "audit"))

    def test_works_without_the_row(self) -> None:
        with self.database.write() as connection:
            connection.execute(sa.delete(tables.generation))
            revocations.recorder(connection, self.conf, 0.0).user("alice")
        self.refresh()
        self.assertTrue(self.known.refuses(0, "user", "alice"))
