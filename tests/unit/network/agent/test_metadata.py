"""The metadata service's own rules: which document, which type, how long facts are trusted."""

import unittest
from typing import Any

from cumulo.common.clock import Clock
from cumulo.network.agent import metadata
from tests.unit.common.test_metadata import facts


class SteppedClock(Clock):
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


class MetadataTest(unittest.TestCase):
    """document, content_type, FactsCache"""

    def test_layouts_by_path(self) -> None:
        self.assertIn(b'"uuid"', metadata.document(facts(), "/openstack/latest/meta_data.json") or b"")
        self.assertEqual(b"web", metadata.document(facts(), "/latest/meta-data/hostname?x=1"))
        self.assertEqual(b"web", metadata.document(facts(), "/latest//meta-data/%68ostname"))
        self.assertIsNone(metadata.document(facts(), "/openstack/latest/../../etc/passwd"))

    def test_types(self) -> None:
        self.assertEqual("application/json", metadata.content_type("/openstack/latest/meta_data.json"))
        self.assertEqual("application/octet-stream", metadata.content_type("/latest/user-data"))
        self.assertTrue(metadata.content_type("/latest/meta-data/").startswith("text/plain"))

    def test_facts_are_trusted_for_a_moment(self) -> None:
        clock, asked = SteppedClock(), []

        def lookup(network_id: str, address: str) -> Any:
            asked.append((network_id, address))
            return facts()

        cache = metadata.FactsCache(lookup, clock, 1.5)
        for clock.at in (0.0, 1.0, 2.0):
            cache.facts("n", "10.0.0.5")
        cache.facts("n", "10.0.0.6")
        self.assertEqual([("n", "10.0.0.5"), ("n", "10.0.0.5"), ("n", "10.0.0.6")], asked)


if __name__ == "__main__":
    unittest.main()
