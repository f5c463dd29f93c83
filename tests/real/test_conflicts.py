"""The table of conflicts on PostgreSQL, where transactions really run at once."""

import os
import shutil
import unittest

from cumulo.cloud import own_server
from cumulo.cloud.postgresql import PostgreSQL
from tests.fixtures import personas
from tests.fixtures.rabbitmq import temporary_directory
from tests.functional.conflicts import test_operations, test_things

VARIABLE = "CUMULO_TEST_DATABASE_URL"


def use_postgresql(case: type[unittest.TestCase]) -> None:
    """Let a class's tests run on a PostgreSQL server of its own."""
    directory = temporary_directory("conflicts")
    case.addClassCleanup(shutil.rmtree, directory)
    server = PostgreSQL(directory / "server", own_server.free_port())
    case.addClassCleanup(server.stop)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = server.start()
    case.addClassCleanup(lambda: os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before}))
    personas.forget_cloud()
    case.addClassCleanup(personas.forget_cloud)


class OperationsOnPostgreSQL(test_operations.OperationsTest):
    """The matrix of OPERATIONS."""

    repeats = 3

    @classmethod
    def setUpClass(cls) -> None:
        use_postgresql(cls)


class ThingsOnPostgreSQL(test_things.ThingsTest):
    """The rows of THINGS."""

    repeats = 5

    @classmethod
    def setUpClass(cls) -> None:
        use_postgresql(cls)
