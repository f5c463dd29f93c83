"""Metering: the table of nftables that a router's labels are."""

import unittest
from typing import Any

from cumulo.network import metering as labels
from cumulo.network.agent import kernel, metering

RULE: dict[str, Any] = {"direction": "egress", "excluded": False, "remote_ip_prefix": None, "source_ip_prefix": None,
                        "destination_ip_prefix": None}


class MeteringTest(unittest.TestCase):
    """metering.text"""

    def _rules(self, *rules: dict[str, Any]) -> list[str]:
        made = metering.text({"metering": [{"id": "a-b", "rules": list(rules)}]}, True)
        start = "add rule inet metering label_a_b "
        return [line.removeprefix(start) for line in made.splitlines() if line.startswith(start)]

    def test_each_way_has_its_leg_and_its_remote_side(self) -> None:
        self.assertEqual(['oifname "out0" ip daddr 10.0.0.0/8 counter', 'iifname "out0" ip6 saddr fd00::/8 counter'], self._rules(
            RULE | {"remote_ip_prefix": "10.0.0.0/8"}, RULE | {"direction": "ingress", "remote_ip_prefix": "fd00::/8"}))

    def test_both_sides_and_everything(self) -> None:
        self.assertEqual(['oifname "out0" ip saddr 10.0.0.1/32 ip daddr 10.9.0.0/16 counter',
                          'oifname "out0" meta nfproto ipv4 counter'], self._rules(
            RULE | {"source_ip_prefix": "10.0.0.1/32", "destination_ip_prefix": "10.9.0.0/16"},
            RULE | {"remote_ip_prefix": "0.0.0.0/0"}))

    def test_what_is_excluded_comes_first(self) -> None:
        self.assertEqual(["return", "counter"], [each.split()[-1] for each in self._rules(RULE, RULE | {"excluded": True})])

    def test_nothing_is_counted_without_labels_or_a_way_out(self) -> None:
        none = "add table inet metering\ndelete table inet metering\n"
        self.assertEqual((none, none, none), (
            metering.text({}, True), metering.text({"metering": []}, True),
            metering.text({"metering": [{"id": "a", "rules": [RULE]}]}, False)))

    def test_a_host_says_so_in_the_word_that_is_asked_for(self) -> None:
        self.assertEqual(labels.ABILITY, kernel.METERING)


if __name__ == "__main__":
    unittest.main()
