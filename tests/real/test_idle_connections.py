"""Connections of the pool, also after the database was away: those that were idle are asked, and made again."""

import contextlib
import shutil
import unittest
from typing import Any

import sqlalchemy as sa
from psycopg2 import extensions

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.common.db.engine import IDLE_S, Database
from cumulo.common.errors import DatabaseUnavailable
from tests.fixtures.identity import StillClock
from tests.fixtures.rabbitmq import temporary_directory

CONNECTIONS = 3


class IdleConnectionsTest(unittest.TestCase):
    """A pool with several connections, and a server that is started again."""

    def read(self, database: Database, at_once: int = 1) -> None:
        """Read something over so many connections at once."""
        with contextlib.ExitStack() as open_ones:
            for _ in range(at_once):
                connection = open_ones.enter_context(database.read())
                self.assertEqual(1, connection.execute(sa.text("SELECT 1")).scalar())

    def check(self, kind: Any) -> None:
        directory = temporary_directory("idle")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        server = kind(directory / "server", own_server.free_port())
        self.addCleanup(server.stop)
        clock = StillClock()
        database = Database(server.start(), clock)
        self.addCleanup(database.close)

        self.read(database, CONNECTIONS)
        self.check_transactions(database)
        server.stop()
        server.start()
        clock.passed_s += IDLE_S
        self.read(database, CONNECTIONS)

        server.stop()
        clock.passed_s += IDLE_S
        self.assertRaises(DatabaseUnavailable, self.read, database)
        server.start()
        self.read(database, CONNECTIONS)

        # Lost while it counts as in use: one caller is told, and nobody after that.
        server.stop()
        server.start()
        self.assertRaises(DatabaseUnavailable, self.read, database)
        self.read(database, CONNECTIONS)

    def check_transactions(self, database: Database) -> None:
        """On a connection that was read with, also where the read failed, a transaction is whole, or nothing of it."""
        with database.write() as connection:
            connection.execute(sa.text("CREATE TABLE kept (value INTEGER)"))
        with self.assertRaises(sa.exc.ProgrammingError), database.read() as connection:
            connection.execute(sa.text("SELECT * FROM nothing"))
        for fails in (True, False):
            with contextlib.suppress(ZeroDivisionError), database.write() as connection:
                connection.execute(sa.text("INSERT INTO kept VALUES (1)"))
                connection.execute(sa.text("INSERT INTO kept VALUES (2)"))
                _ = 1 / (not fails)
            with database.read() as connection:
                self.assertEqual(0 if fails else 2, connection.execute(sa.text("SELECT COUNT(*) FROM kept")).scalar())
                if database.dialect == "postgresql":  # no transaction is open while nothing is being asked
                    raw: Any = connection.connection.dbapi_connection
                    self.assertEqual(extensions.TRANSACTION_STATUS_IDLE, raw.info.transaction_status)

    def test_postgresql(self) -> None:
        self.check(PostgreSQL)

    def test_mariadb(self) -> None:
        self.check(MariaDB)
