"""What hosts say they can promise, and what ports ask of them."""

import unittest

from cumulo.common import errors
from cumulo.network import guarantees, rates


class RatesTest(unittest.TestCase):
    """The words for rates, from options and from rules."""

    def test_offers(self) -> None:
        self.assertEqual({"kbps egress p1": 10, "kbps ingress p1": 20, "kbps egress tunnelled": 5, "kbps ingress tunnelled": 5,
                          "kpps any": 7}, rates.offers({"p1": "10:20", "tunnelled": "5"}, {"any": "7"}))
        for bandwidths, packets in (({"p1": "x"}, {}), ({"p1": "1:"}, {}), ({}, {"both": "1"}), ({}, {"any": ""})):
            with self.assertRaises(errors.BadRequest):
                rates.offers(bandwidths, packets)

    def test_asks(self) -> None:
        bandwidth = {"kind": "minimum_bandwidth", "direction": "egress", "settings": {"min_kbps": 3}}
        packets = {"kind": "minimum_packet_rate", "direction": "any", "settings": {"min_kpps": 4}}
        self.assertEqual(rates.Ask("kbps egress p1", 3), rates.ask(bandwidth, "vlan", ["p1"]))
        self.assertEqual(rates.Ask("kbps egress p1|p2", 3), rates.ask(bandwidth, "vlan", ["p2", "p1"]))
        self.assertEqual("kbps egress p2", rates.on_host("kbps egress p1|p2", {"kbps egress p2": 1}))
        self.assertEqual("kbps egress p1|p2", rates.on_host("kbps egress p1|p2", {}))
        self.assertEqual(rates.Ask("kbps egress tunnelled", 3), rates.ask(bandwidth, "vxlan", [""]))
        self.assertIsNone(rates.ask(bandwidth, "local", [""]))
        self.assertEqual(rates.Ask("kpps any", 4), rates.ask(packets, "local", [""]))
        self.assertEqual({"a": 3, "b": 1}, rates.total([rates.Ask("a", 1), rates.Ask("b", 1), rates.Ask("a", 2)]))

    def test_fits(self) -> None:
        self.assertTrue(guarantees.fits({}, ()))
        self.assertTrue(guarantees.fits({"a": 3}, (("a", 3),)))
        self.assertFalse(guarantees.fits({"a": 3}, (("a", 4),)))
        self.assertFalse(guarantees.fits({"a": 3}, (("a", 1), ("b", 1))))


if __name__ == "__main__":
    unittest.main()
