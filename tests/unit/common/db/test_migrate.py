"""The migrations give the schema that the tables describe."""

import tempfile
import unittest

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.base import metadata


class MigrateTest(unittest.TestCase):
    """An empty database, brought up to date."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="cumulo-test-")
        self.addCleanup(directory.cleanup)
        self.database = Database(f"sqlite:///{directory.name}/test.sqlite", Clock())
        self.addCleanup(self.database.close)

    def test_migrated_schema_is_that_of_the_tables(self) -> None:
        migrate.upgrade(self.database)
        migrate.load_tables()
        with self.database.read() as connection:
            difference = compare_metadata(MigrationContext.configure(connection), metadata)
        self.assertEqual(difference, [], "write a migration for what the tables have and the migrations lack")

    def test_upgrade_of_a_current_database_changes_nothing(self) -> None:
        migrate.upgrade(self.database)
        self.assertTrue(migrate.is_current(self.database))
        migrate.upgrade(self.database)
        self.assertTrue(migrate.is_current(self.database))

    def test_an_empty_database_is_not_current(self) -> None:
        self.assertFalse(migrate.is_current(self.database))
