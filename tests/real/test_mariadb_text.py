"""Exact text on a MariaDB whose own collation ignores case, as that of most servers somebody else set up."""

import os
import shutil
import unittest
from unittest import mock

import sqlalchemy as sa
from alembic import command

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import NAME, MariaDB
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.db.tables import base
from cumulo.common.db.tables.base import COLLATION, metadata
from tests.fixtures.rabbitmq import temporary_directory
from tests.functional.regressions import test_names_clashed_on_mariadb as names

VARIABLE = "CUMULO_TEST_DATABASE_URL"
OTHER = "utf8mb4_general_ci"


class MariadbTextTest(unittest.TestCase):
    """One server, its database set to ignore case."""

    def setUp(self) -> None:
        directory = temporary_directory("mariadb-text")
        self.addCleanup(shutil.rmtree, directory)
        server = MariaDB(directory / "server", own_server.free_port())
        self.addCleanup(server.stop)
        self.database = Database(server.start(), Clock())
        self.addCleanup(self.database.close)
        with self.database.write() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {NAME} CHARACTER SET utf8mb4 COLLATE {OTHER}")

    def collations(self) -> set[str]:
        """Return those of all text columns."""
        with self.database.read() as connection:
            return set(connection.exec_driver_sql(
                "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() "
                "AND collation_name IS NOT NULL AND column_name <> 'version_num'").scalars())

    def test_tables_of_before_are_changed(self) -> None:
        """As made by the first three migrations, with a row in them and with foreign keys between them."""
        config = migrate.alembic_config()
        # The tables of then had no collation of their own.
        with mock.patch.object(base, "COLLATION", OTHER), self.database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0003")
            connection.execute(sa.insert(metadata.tables["identity_region"]).values(
                id="North", description="é😀", created_at=1.0))
        self.assertIn(OTHER, self.collations())
        keys = self.foreign_keys()
        migrate.upgrade(self.database)
        self.assertEqual({COLLATION}, self.collations())
        with self.database.read() as connection:
            self.assertEqual([("North", "é😀")], [tuple(row) for row in connection.exec_driver_sql(
                "SELECT id, description FROM identity_region WHERE id = 'North'")])
            self.assertFalse(connection.exec_driver_sql("SELECT id FROM identity_region WHERE id = 'north'").all())
        after = self.foreign_keys()  # later migrations add some
        self.assertEqual(keys, [each for each in after if each in keys])

    def foreign_keys(self) -> list[str]:
        """Return every foreign key with what it does."""
        with self.database.read() as connection:
            inspector = sa.inspect(connection)
            return sorted(f"{table} {key}" for table in inspector.get_table_names()
                          for key in inspector.get_foreign_keys(table))

    def test_new_tables_do_not_take_over_the_collation(self) -> None:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = self.database.engine.url.render_as_string(hide_password=False)
        self.addCleanup(os.environ.update if before else os.environ.pop, {VARIABLE: before} if before else VARIABLE)
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(names.NamesTest).run(result)
        self.assertEqual([], [text for _, text in result.failures + result.errors + result.skipped])
        self.assertEqual(2, result.testsRun)
        self.assertEqual({COLLATION}, self.collations())
