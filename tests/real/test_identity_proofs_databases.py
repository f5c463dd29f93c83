"""Identity on PostgreSQL and MariaDB: the migrations, what goes with what, and what is taken once."""

import os
import shutil
import unittest
from typing import Any

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from tests.functional import test_identity_guessing as guessing
from tests.functional import test_identity_proofs_api as proofs
from tests.real.test_idempotency_databases import VARIABLE, temporary_directory

# What hangs on foreign keys, unique indexes and counts of changed rows.
STORIES = (
    (proofs.ApplicationCredentialTest, ("test_it_goes_with_its_user", "test_access_rules_are_kept_and_used_again")),
    (proofs.CredentialTest, ("test_create_show_change_delete",)), (guessing.CodeTest, ("test_a_code_is_good_once",)),
    (proofs.TrustTest, ("test_it_goes_with_its_users_and_its_project",)), (guessing.UsesTest, ("test_uses_are_counted",)))


class IdentityDatabasesTest(unittest.TestCase):
    """One server each."""

    def check(self, kind: Any) -> None:
        """Migrate an empty database of that kind, then run the stories on it."""
        directory = temporary_directory("identity")
        self.addCleanup(shutil.rmtree, directory)
        server = kind(directory / "server", own_server.free_port())
        self.addCleanup(server.stop)
        url = server.start()
        database = Database(url, Clock())
        self.addCleanup(database.close)
        migrate.upgrade(database)
        self.assertTrue(migrate.is_current(database))
        before = os.environ.get(VARIABLE)
        self.addCleanup(lambda: os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before}))
        os.environ[VARIABLE] = url
        result = unittest.TestResult()
        for case, names in STORIES:
            for name in names:
                case(name).run(result)
        self.assertEqual([], [f"{test}: {text}" for test, text in result.failures + result.errors + result.skipped])

    def test_on_postgresql(self) -> None:
        self.check(PostgreSQL)

    def test_on_mariadb(self) -> None:
        self.check(MariaDB)
