"""A line end or a second slash behind a path was looked past: another path than the one asked for was answered."""

import unittest

from tests.fixtures.api import Api


class WrongPathsTest(unittest.TestCase):
    """One slash may follow, as clients send it; nothing else."""

    def test_what_may_follow_a_path(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        self.assertEqual(200, api.get("/identity/v3/roles/").status_int)
        for path in ("/identity/v3/roles//", "/identity/v3/roles%0A", "/identity/v3/roles/%0A", "/image/%0A"):
            with self.subTest(path=path):
                self.assertEqual(404, api.get(path).status_int)
