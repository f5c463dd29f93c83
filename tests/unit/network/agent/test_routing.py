"""What a router is on a host: legs, routes, translation, and what its dnsmasq announces."""

import pathlib
import unittest
from typing import Any

from cumulo.network.agent import announce, routers, routing
from cumulo.network.agent.wanted import Wanted

GATEWAY = {"network_id": "out", "mac_address": "fa:16:3e:00:00:50", "addresses": [["203.0.113.50", 24]], "enable_snat": True,
           "next_hops": ["203.0.113.1"], "is_here": False, "tunnel_address": "192.0.2.9"}


def router(**changes: Any) -> dict[str, Any]:
    """A router with one door and a gateway on another host."""
    return {"id": "r" * 36, "admin_state_up": True, "routes": [], "transit_network_id": "in", "gateway": GATEWAY,
            "interfaces": [{"port_id": "d" * 36, "network_id": "in", "mac_address": "fa:16:3e:00:00:01",
                            "addresses": [["10.0.0.1", 24], ["fd00::1", 64]]}],
            "floating": [], "forwardings": []} | changes


def host(*network_ids: str, **subnet: Any) -> Wanted:
    """A host with these networks."""
    made = {"id": "s", "cidr": "fd00::/64", "gateway_ip": "fd00::1", "ipv6_ra_mode": "slaac", "dns_nameservers": []} | subnet
    return Wanted({each: {"id": each, "bridge": f"cu{each}", "mtu": 1400, "subnets": [made]} for each in network_ids})


def plan(made: dict[str, Any], *network_ids: str) -> dict[str, Any]:
    return routing.plan(made, host(*network_ids), "h")


class PlanTest(unittest.TestCase):
    """routing.plan"""

    def test_without_the_gateway_what_leaves_is_handed_over(self) -> None:
        made = plan(router(), "in")
        self.assertEqual(["in" + "d" * 11], [leg["inside"] for leg in made["legs"]])
        self.assertIn(["0.0.0.0/0", routing.HANDOVER, "in" + "d" * 11, 254], made["routes"])
        self.assertEqual({routing.handover_card("r" * 36)}, {card for _, _, card in made["neighbours"]})
        wanted = host("in")
        wanted.routers["r"] = router()
        self.assertEqual([(routing.handover_card("r" * 36), "192.0.2.9")], routers.handovers("in", wanted))

    def test_the_gateway_translates_and_has_a_second_door(self) -> None:
        made = plan(router(gateway=GATEWAY | {"is_here": True, "tunnel_address": None}), "in", "out")
        self.assertEqual(["in" + "d" * 11, "out0", "second0"], [leg["inside"] for leg in made["legs"]])
        self.assertEqual([["0.0.0.0/0", "203.0.113.1", "out0", 254]], [each for each in made["routes"] if each[3] == 254])
        self.assertIn("snat to 203.0.113.50", made["rules_text"])
        self.assertEqual([], made["neighbours"])

    def test_translation_may_be_off(self) -> None:
        made = plan(router(gateway=GATEWAY | {"is_here": True, "enable_snat": False}), "in", "out")
        self.assertNotIn("snat to", made["rules_text"])

    def test_a_floating_address_is_answered_where_its_server_is(self) -> None:
        floating = {"floating_address": "203.0.113.60", "fixed_address": "10.0.0.5", "is_here": True}
        made = plan(router(floating=[floating]), "in", "out")
        way_out = next(leg for leg in made["legs"] if leg["inside"] == "out0")
        self.assertEqual([["203.0.113.60", 32]], way_out["addresses"])
        self.assertNotEqual(GATEWAY["mac_address"], way_out["card"], "another host has that card")
        self.assertEqual([["10.0.0.5/32", routing.FLOATING_TABLE]], made["rules"])
        self.assertIn("ip daddr 203.0.113.60 dnat to 10.0.0.5", made["rules_text"])
        slow = plan(router(floating=[floating | {"qos": {
            "egress": {"max_kbps": 800, "max_burst_kbps": 0}, "ingress_packets": {"max_kpps": 3, "max_burst_kpps": 1}}}]), "in", "out")
        for rule in ('oifname "out0" ip saddr 10.0.0.5 limit rate over 100000 bytes/second burst 15000 bytes drop',
                     'iifname "out0" ip daddr 10.0.0.5 limit rate over 3000/second burst 1000 packets drop'):
            self.assertIn(rule, slow["rules_text"])
            self.assertNotIn(rule, made["rules_text"])
        elsewhere = plan(router(floating=[floating | {"is_here": False}]), "in")
        self.assertNotIn("203.0.113.60", elsewhere["rules_text"])

    def test_a_router_that_is_down_has_no_legs(self) -> None:
        made = plan(router(admin_state_up=False), "in")
        self.assertEqual(([], [], []), (made["legs"], made["routes"], made["neighbours"]))

    def test_only_routes_that_lead_somewhere(self) -> None:
        made = plan(router(gateway=None, routes=[{"destination": "10.9.0.0/16", "nexthop": "10.0.0.7"},
                                                 {"destination": "10.8.0.0/16", "nexthop": "10.1.0.7"}]), "in")
        self.assertEqual([["10.9.0.0/16", "10.0.0.7", "", 254]], made["routes"])


class AnnounceTest(unittest.TestCase):
    """announce.render"""

    def lines(self, made: dict[str, Any], **subnet: Any) -> list[str]:
        return announce.render(made, host("in", **subnet), pathlib.Path("/f")).splitlines()

    def test_prefixes_by_their_mode(self) -> None:
        for mode, word in (("slaac", "ra-only"), ("dhcpv6-stateless", "ra-stateless"), ("dhcpv6-stateful", "static")):
            self.assertIn(f"dhcp-range=set:{word},fd00::,{word},64,86400s", self.lines(router(), ipv6_ra_mode=mode))

    def test_nothing_to_announce_is_no_process(self) -> None:
        self.assertEqual([], self.lines(router(), ipv6_ra_mode=None))
        self.assertEqual([], self.lines(router(), gateway_ip="fd00::9"))
        self.assertEqual([], self.lines(router(admin_state_up=False)))


if __name__ == "__main__":
    unittest.main()
