"""Idempotency keys on the database servers: twins that wait, twins that wait too long, kills around the commit.

Those tests of tests/functional/test_idempotency.py that depend on the database, on a PostgreSQL and a MariaDB
of our own.
"""

import os
import shutil
import unittest
from typing import Any

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from tests.fixtures.rabbitmq import temporary_directory
from tests.functional import test_idempotency as idempotency
from tests.unit.api.wsgi import test_once as once

CASES = (idempotency.KeptTest, idempotency.KillTest, idempotency.TwinsTest, once.JoinedTest)
VARIABLE = "CUMULO_TEST_DATABASE_URL"


class IdempotencyTest(unittest.TestCase):
    """One server each."""

    def check(self, kind: Any) -> None:
        """Run the tests on a server of that kind."""
        directory = temporary_directory("idempotency")
        self.addCleanup(shutil.rmtree, directory)
        server = kind(directory / "server", own_server.free_port())
        self.addCleanup(server.stop)
        self.addCleanup(self.point_to, os.environ.get(VARIABLE))
        self.point_to(server.start())
        result = unittest.TestResult()
        for case in CASES:
            unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
        self.assertEqual([], [f"{test}: {text}" for test, text in result.failures + result.errors + result.skipped])

    def point_to(self, url: str | None) -> None:
        """Let the fixtures' databases be there, or where they were."""
        os.environ.pop(VARIABLE, None)
        if url is not None:
            os.environ[VARIABLE] = url

    def test_on_postgresql(self) -> None:
        self.check(PostgreSQL)

    def test_on_mariadb(self) -> None:
        self.check(MariaDB)
