"""Identity on the database servers: trees, groups, rules about passwords, and tables brought up to date.

Those stories of tests/functional/test_identity_people_api.py that hang on the database's own statements, on a
PostgreSQL and a MariaDB of our own, and what the migrations make of a database whose roles were made before domains had
their own.
"""

import os
import shutil
import unittest
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.base import metadata
from tests.fixtures.rabbitmq import temporary_directory
from tests.functional import test_identity_people_api as people

STORIES = (
    people.GroupsTest("test_roles_of_a_group_are_its_users"), people.InheritanceTest("test_lists"),
    people.UserRulesTest("test_locked_after_failures"), people.UserRulesTest("test_history"),
    people.RolesTest("test_a_domains_own_counts_by_what_it_implies"), people.TreesTest("test_around"),
    people.TreesTest("test_roles_reach_down"), people.TreesTest("test_cascade"))
VARIABLE = "CUMULO_TEST_DATABASE_URL"


class IdentityDatabasesTest(unittest.TestCase):
    """One server each."""

    def check(self, kind: Any) -> None:
        """Bring an older database up to date, then tell the stories, on a server of that kind."""
        directory = temporary_directory("identity")
        self.addCleanup(shutil.rmtree, directory)
        server = kind(directory / "server", own_server.free_port())
        self.addCleanup(server.stop)
        url = server.start()
        self.check_migration(url)
        self.addCleanup(self.point_to, os.environ.get(VARIABLE))
        self.point_to(url)
        result = unittest.TestResult()
        for story in STORIES:
            story.run(result)
        self.assertEqual([], [f"{test}: {text}" for test, text in result.failures + result.errors + result.skipped])
        self.assertEqual(len(STORIES), result.testsRun)

    def check_migration(self, url: str) -> None:
        """Migrate with a role in the table; what comes out is what the tables describe."""
        database = Database(url, Clock())
        self.addCleanup(database.close)
        config = migrate.alembic_config()
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0005")
            connection.execute(sa.text("INSERT INTO identity_role (id, name, created_at) VALUES ('r', 'r', 1)"))
        migrate.upgrade(database)
        with database.read() as connection:
            self.assertEqual("", connection.execute(sa.text("SELECT domain_id FROM identity_role")).scalar_one())
            self.assertEqual([], compare_metadata(MigrationContext.configure(connection), metadata))
        with database.write() as connection:
            connection.execute(sa.text("DROP TABLE alembic_version"))

    def point_to(self, url: str | None) -> None:
        """Let the fixtures' databases be there, or where they were."""
        os.environ.pop(VARIABLE, None)
        if url is not None:
            os.environ[VARIABLE] = url

    def test_on_postgresql(self) -> None:
        self.check(PostgreSQL)

    def test_on_mariadb(self) -> None:
        self.check(MariaDB)
