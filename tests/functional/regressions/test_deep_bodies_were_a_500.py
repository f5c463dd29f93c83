"""A body nested a few hundred levels deep passed the JSON reader and broke the schema validator: 500."""

import unittest

from tests.fixtures.api import Api


class DeepBodiesTest(unittest.TestCase):
    """Every depth is refused or read, none breaks."""

    def test_each_depth(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        for depth in (63, 64, 65, 254, 255, 256, 300, 1000, 5000):
            for before, after in (("[", "]"), ('{"a":', "}")):
                with self.subTest(depth=depth, kind=before[0]):
                    answer = api.post("/network/v2.0/networks", f'{before * depth}1{after * depth}'.encode())
                    self.assertEqual(400, answer.status_int)
