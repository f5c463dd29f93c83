"""Many ports asked for at once on PostgreSQL and MariaDB, where transactions really run at once.

    python -m tests.real.test_network_allocation 1000     the long version
"""

import os
import shutil
import sys
import unittest
from typing import Any

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from tests.fixtures.rabbitmq import temporary_directory
from tests.functional import test_network_allocation

VARIABLE = "CUMULO_TEST_DATABASE_URL"


class OnPostgreSQL(test_network_allocation.AllocationTest):
    """A PostgreSQL server of its own."""

    server: Any = PostgreSQL

    @classmethod
    def setUpClass(cls) -> None:
        directory = temporary_directory("allocation")
        cls.addClassCleanup(shutil.rmtree, directory)
        server = cls.server(directory / "server", own_server.free_port())
        cls.addClassCleanup(server.stop)
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = server.start()
        cls.addClassCleanup(lambda: os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before}))


class OnMariaDB(OnPostgreSQL):
    """A MariaDB server of its own."""

    server = MariaDB


if __name__ == "__main__":
    if len(sys.argv) > 1:
        test_network_allocation.AllocationTest.count = int(sys.argv.pop(1))
    unittest.main()
