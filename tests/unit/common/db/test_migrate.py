"""The migrations give the schema that the tables describe."""

import tempfile
import unittest

import sqlalchemy as sa
from alembic import command
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

    def test_roles_keep_who_has_them_when_their_table_is_made_anew(self) -> None:
        rows = {
            "identity_domain": {"id": "d", "name": "d", "description": "", "enabled": 1, "tags": "[]", "created_at": 1},
            "identity_user": {"id": "u", "domain_id": "d", "name": "u", "enabled": 1, "extra": "{}", "created_at": 1},
            "identity_project": {"id": "p", "domain_id": "d", "name": "p", "description": "", "enabled": 1, "tags": "[]",
                                 "extra": "{}", "created_at": 1},
            "identity_role": {"id": "r", "name": "r", "created_at": 1},
            "identity_assignment": {"user_id": "u", "target_kind": "system", "target_id": "all", "role_id": "r"},
            "identity_application_credential": {
                "id": "c", "user_id": "u", "project_id": "p", "name": "c", "secret_hash": "", "unrestricted": 0,
                "created_at": 1, "has_rules": 0},
            "identity_application_credential_role": {"credential_id": "c", "role_id": "r"}}
        config = migrate.alembic_config()
        with self.database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0005")
            for name, row in rows.items():
                columns = ", ".join(row), ", ".join(f":{column}" for column in row)
                connection.execute(sa.text(f"INSERT INTO {name} ({columns[0]}) VALUES ({columns[1]})"), row)
        migrate.upgrade(self.database)
        with self.database.read() as connection:
            self.assertEqual([], connection.execute(sa.text("PRAGMA foreign_key_check")).all())
            for name in rows:
                self.assertEqual(1, connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one(), name)

    def test_the_data_of_images_keeps_its_place(self) -> None:
        config = migrate.alembic_config()
        with self.database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0011")
            for name, location in (("with", "'data'"), ("without", "NULL")):
                connection.execute(sa.text(
                    "INSERT INTO image (id, status, visibility, min_disk, min_ram, protected, os_hidden, location, "
                    f"created_at, updated_at) VALUES ('{name}', 'active', 'private', 0, 0, 0, 0, {location}, 1, 2)"))
            connection.execute(sa.text("INSERT INTO image_tag (image_id, tag) VALUES ('with', 'kept')"))
        migrate.upgrade(self.database)
        with self.database.read() as connection:
            places = connection.execute(sa.text("SELECT image_id, store, name, created_at FROM image_location"))
            self.assertEqual([("with", "file", "data", 2.0)], [tuple(row) for row in places])
            self.assertEqual(1, connection.execute(sa.text("SELECT count(*) FROM image_tag")).scalar_one())

    def test_an_empty_database_is_not_current(self) -> None:
        self.assertFalse(migrate.is_current(self.database))
