"""Ranges of addresses: what a subnet may be made of."""

import unittest

from cumulo.common import errors
from cumulo.network import addresses, ranges


class RangesTest(unittest.TestCase):
    """Pure checks."""

    def test_default_pools_leave_out_ends_and_gateway(self) -> None:
        network = ranges.cidr("10.0.0.0/29", 4)
        self.assertEqual([{"start": "10.0.0.2", "end": "10.0.0.6"}], ranges.default_pools(network, "10.0.0.1"))
        self.assertEqual([{"start": "10.0.0.1", "end": "10.0.0.6"}], ranges.default_pools(network, None))
        self.assertEqual([{"start": "10.0.0.1", "end": "10.0.0.3"}, {"start": "10.0.0.5", "end": "10.0.0.6"}],
                         ranges.default_pools(network, "10.0.0.4"))

    def test_tiny_ranges(self) -> None:
        pair, single = ranges.cidr("10.0.0.4/31", 4), ranges.cidr("10.0.0.4/32", 4)
        self.assertEqual(("10.0.0.4", None), (ranges.default_gateway(pair), ranges.default_gateway(single)))
        self.assertEqual([{"start": "10.0.0.5", "end": "10.0.0.5"}], ranges.default_pools(pair, "10.0.0.4"))
        self.assertEqual([{"start": "10.0.0.4", "end": "10.0.0.4"}], ranges.default_pools(single, None))

    def test_overlapping_pools(self) -> None:
        pools = [{"start": "10.0.0.5", "end": "10.0.0.9"}, {"start": "10.0.0.2", "end": "10.0.0.5"}]
        with self.assertRaises(errors.Conflict) as caught:
            ranges.pools(ranges.cidr("10.0.0.0/24", 4), pools)
        self.assertEqual("OverlappingAllocationPools", caught.exception.kind)

    def test_first_free_takes_the_lowest_of_the_first_pool(self) -> None:
        pools = [{"start": "10.0.0.2", "end": "10.0.0.3"}, {"start": "10.0.0.9", "end": "10.0.0.9"}]
        self.assertEqual("10.0.0.2", addresses.first_free(pools, set()))
        self.assertEqual("10.0.0.9", addresses.first_free(pools, {"10.0.0.2", "10.0.0.3"}))
        self.assertIsNone(addresses.first_free(pools, {"10.0.0.2", "10.0.0.3", "10.0.0.9"}))

    def test_a_host_has_neither_end_of_a_range(self) -> None:
        for address, held in (("10.0.0.0", False), ("10.0.0.255", False), ("10.0.0.7", True), ("10.0.1.1", False)):
            self.assertEqual(held, addresses.contains("10.0.0.0/24", address), address)
        self.assertTrue(addresses.contains("fd00::/64", "fd00::ffff:ffff:ffff:ffff"))


if __name__ == "__main__":
    unittest.main()
