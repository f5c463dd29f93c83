"""The joined database: many transactions of a handler are one, and what follows the commit follows it."""

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.once import JoinedDatabase
from cumulo.common.db.tables.network import network_revision as table
from tests.fixtures.database import temporary_database


class Wrong(Exception):
    """A refusal."""


class JoinedTest(unittest.TestCase):
    """Numbers are written, and looked for from outside."""

    def setUp(self) -> None:
        self.below = temporary_database()
        self.addCleanup(self.below.close)
        self.begun = 0
        self.joined = JoinedDatabase(self.below, self.begin)
        self.log: list[Any] = []

    def begin(self, connection: sa.Connection) -> None:
        """Note that the transaction has begun."""
        self.begun += 1
        connection.execute(sa.insert(table).values(id=100 + self.begun, revision=0))

    def write(self, number: int, error: Exception | None = None) -> None:
        """Write a number in a block of its own."""
        with self.joined.write() as connection:
            connection.execute(sa.insert(table).values(id=number, revision=0))
            if error:
                raise error

    def seen(self, database: Any = None) -> list[int]:
        """Return the numbers that can be seen."""
        with (database or self.below).read() as connection:
            return list(connection.execute(sa.select(table.c.id).order_by(table.c.id)).scalars())

    def test_two_blocks_are_one_transaction(self) -> None:
        with self.joined.whole():
            self.write(1)
            self.write(2)
            self.assertEqual([], self.seen())
            self.assertEqual([1, 2, 101], self.seen(self.joined))
        self.assertEqual(([1, 2, 101], 1), (self.seen(), self.begun))
        self.assertEqual([1, 2, 101], self.seen(self.joined))

    def test_an_error_takes_all_of_it_back(self) -> None:
        with self.assertRaises(Wrong), self.joined.whole():
            self.write(1)
            self.joined.after_commit(self.log.append, "rung")
            raise Wrong
        self.assertEqual(([], []), (self.seen(), self.log))

    def test_an_error_that_the_handler_catches_takes_back_its_own_block(self) -> None:
        with self.joined.whole():
            with self.assertRaises(Wrong):
                self.write(1, Wrong())
            self.assertEqual([], self.seen(self.joined))
            self.write(2)
            with self.assertRaises(Wrong):
                self.write(3, Wrong())
            with self.assertRaises(sa.exc.IntegrityError):
                self.write(2)
            self.write(4)
        self.assertEqual([2, 4, 102], self.seen())

    def test_what_follows_the_commit_waits_for_it(self) -> None:
        with self.joined.whole():
            self.write(1)
            self.joined.after_commit(lambda: self.log.append(self.seen()))
            self.write(2)
            self.joined.after_commit(self.log.append, "second")
            self.assertEqual([], self.log)
        self.assertEqual([[1, 2, 101], "second"], self.log)

    def test_an_ordinary_database_does_it_at_once(self) -> None:
        self.below.after_commit(self.log.append, "rung")
        self.assertEqual(["rung"], self.log)

    def test_no_transaction_is_open_before_the_first_block(self) -> None:
        with self.joined.whole():
            self.assertEqual([], self.seen(self.joined))
            self.assertEqual(0, self.begun)
            connection = self.joined.connection()
            self.assertEqual(1, self.begun)
            self.assertIs(connection, self.joined.connection())
        self.assertEqual([101], self.seen())

    def test_the_rest_is_that_of_the_database_below(self) -> None:
        self.assertEqual((self.below.dialect, self.below.engine), (self.joined.dialect, self.joined.engine))
        with self.below.read() as connection:
            self.assertAlmostEqual(self.below.now(connection), self.joined.now(connection), delta=5)
        self.joined.close()
        self.assertEqual([], self.seen())
