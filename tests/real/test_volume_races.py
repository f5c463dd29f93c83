"""Many clients at the limits of volumes, on databases where transactions really run at once."""

import os
import shutil
import unittest
from collections import Counter
from typing import Any

from cumulo.cloud import own_server
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from tests.fixtures.rabbitmq import temporary_directory
from tests.functional.test_volume_api import V, VolumeApiTest
from tests.real.test_compute_races import at_once

VARIABLE = "CUMULO_TEST_DATABASE_URL"
CLIENTS, LIMIT, SIZE_GIB = 64, 20, 2


class VolumeRaces(unittest.TestCase):
    """A server of its own."""

    class Limits(VolumeApiTest):
        """What is run on each; not found by itself, for it is in here."""

        def test_one_after_the_last_is_refused(self) -> None:
            """As many get in as there is room for, and nobody is turned away before."""
            project = self.api.services.tokens.validate(self.member).project_id
            for number, quota in enumerate(({"volumes": LIMIT}, {"volumes": -1, "gigabytes": 2 * LIMIT * SIZE_GIB})):
                self.admin("PUT", f"/os-quota-sets/{project}", 200, {"quota_set": {"gigabytes": -1, **quota}})
                answers = at_once(*[lambda: self.api.post(f"{V}/volumes", {"volume": {"size": SIZE_GIB}}, token=self.member)] * CLIENTS)
                self.assertEqual({202: LIMIT, 413: CLIENTS - LIMIT}, dict(Counter(answer.status_int for answer in answers)), quota)
                self.assertEqual((number + 1) * LIMIT, len(self.call("GET", "/volumes", 200).json["volumes"]))

    def check(self, kind: Any) -> None:
        """Run the race on a server of that kind."""
        directory = temporary_directory("volume-races")
        self.addCleanup(shutil.rmtree, directory)
        server = kind(directory / "server", own_server.free_port())
        self.addCleanup(server.stop)
        before = os.environ.get(VARIABLE)
        self.addCleanup(lambda: os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before}))
        os.environ[VARIABLE] = server.start()
        result = unittest.TestResult()
        self.Limits("test_one_after_the_last_is_refused").run(result)
        self.assertEqual((1, []), (result.testsRun, [text for _, text in result.failures + result.errors]))

    def test_on_postgresql(self) -> None:
        self.check(PostgreSQL)

    def test_on_mariadb(self) -> None:
        self.check(MariaDB)


del VolumeApiTest  # whose tests are not to be found here again


if __name__ == "__main__":
    unittest.main()
