"""Security groups as text: rules, the table of a host, and the difference between two tables."""

import unittest
from typing import Any

from cumulo.network.agent import filter, nft, rules, track
from cumulo.network.agent.nft import Chain, Collection, Table
from cumulo.network.agent.wanted import Wanted

RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": None, "port_range_min": None, "port_range_max": None,
        "remote_prefix": None, "remote_set": None}


def port(**changes: Any) -> dict[str, Any]:
    """A port that is here, in one group."""
    return {"id": "01234567-89ab-4def-8123-456789abcdef", "mac_address": "fa:16:3e:00:00:05", "is_here": True,
            "fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.5"}], "admin_state_up": True, "groups": ["g"],
            "port_security_enabled": True, "allowed_address_pairs": [], "qos": {}} | changes


def wanted(*ports: dict[str, Any], stateful: bool = True) -> Wanted:
    """A host with these ports."""
    return Wanted({"n": {"id": "n", "bridge": "cu1", "nat": False, "ports": list(ports)}},
                  {"g": {"id": "g", "stateful": stateful, "rules": [RULE]}})


class AcceptTest(unittest.TestCase):
    """rules.accept"""

    def test_words(self) -> None:
        for changes, text in (
                ({}, "ether type ip accept"),
                ({"ethertype": "IPv6", "direction": "egress", "remote_prefix": "fd00::/8"}, "ip6 daddr fd00::/8 accept"),
                ({"remote_prefix": "0.0.0.0/0", "protocol": "tcp", "port_range_min": 1, "port_range_max": 9},
                 "ether type ip meta l4proto 6 th dport 1-9 accept"),
                ({"protocol": "17", "port_range_min": 53, "port_range_max": 53},
                 "ether type ip meta l4proto 17 th dport 53 accept"),
                ({"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
                 "ether type ip meta l4proto 1 icmp type 8 icmp code 0 accept"),
                ({"protocol": "icmp", "ethertype": "IPv6", "port_range_min": 128},
                 "ether type ip6 meta l4proto 58 icmpv6 type 128 accept"),
                ({"remote_set": "a-b"}, "ip saddr @p4_a_b accept")):
            self.assertEqual(text, rules.accept(RULE | changes))

    def test_ports_of_a_protocol_without_ports_are_none(self) -> None:
        self.assertEqual("ether type ip meta l4proto 47 accept", rules.accept(RULE | {"protocol": "gre", "port_range_min": 1}))


class TableTest(unittest.TestCase):
    """filter.table, track.table"""

    def test_a_port_may_send_from_its_own(self) -> None:
        made = filter.table(wanted(port())).collections
        tap = '"tap01234567-89"'
        self.assertEqual({f"{tap} . fa:16:3e:00:00:05 . 10.0.0.5"}, made["from4"].elements)
        self.assertEqual({f"{tap} . fa:16:3e:00:00:05 . fe80::f816:3eff:fe00:5"}, made["from6"].elements)
        self.assertEqual({tap}, made["guarded"].elements)

    def test_without_port_security_nothing_is_asked(self) -> None:
        made = filter.table(wanted(port(port_security_enabled=False))).collections
        self.assertFalse(any(made[name].elements for name in ("guarded", "cards", "from4", "in", "out")))

    def test_ports_with_the_same_groups_share_chains(self) -> None:
        one = filter.table(wanted(port()))
        two = filter.table(wanted(port(), port(id="f" * 36, mac_address="fa:16:3e:00:00:06")))
        self.assertEqual(one.chains.keys(), two.chains.keys())

    def test_only_stateful_groups_know_connections(self) -> None:
        for stateful in (True, False):
            chains = filter.table(wanted(port(), stateful=stateful)).chains
            combined = [chain.rules for name, chain in chains.items() if chain.rules[-1:] == ("drop",) and "jump in_g" in chain.rules]
            self.assertEqual([stateful], [rule[0].startswith("meta mark") for rule in combined])

    def test_overlapping_prefixes_are_put_together(self) -> None:
        host = wanted(port())
        host.prefixes["s"] = {"id": "s", "prefixes": ["10.0.0.0/24", "10.0.0.7", "10.0.1.0/24", "fd00::1"]}
        made = filter.table(host).collections
        self.assertEqual(({"10.0.0.0/23"}, {"fd00::1"}), (made["p4_s"].elements, made["p6_s"].elements))

    def test_one_address_written_in_two_ways_is_one(self) -> None:
        host = wanted(port(allowed_address_pairs=[{"ip_address": "FD00:0::1/128", "mac_address": None},
                                                  {"ip_address": "10.0.0.9/24", "mac_address": None}]))
        host.prefixes["s"] = {"id": "s", "prefixes": ["fd00::1", "FD00:0::1/128", "10.0.0.7/32", "10.0.0.7"]}
        made = filter.table(host).collections
        self.assertEqual(({"10.0.0.7"}, {"fd00::1"}), (made["p4_s"].elements, made["p6_s"].elements))
        self.assertIn('"tap01234567-89" . fa:16:3e:00:00:05 . fd00::1', made["from6"].elements)
        self.assertEqual({'"tap01234567-89" . fa:16:3e:00:00:05 . 10.0.0.0/24'}, made["from4_ranges"].elements)

    def test_every_network_is_a_zone_unless_it_leaves_by_the_host(self) -> None:
        host = wanted()
        host.networks["m"] = {"id": "m", "bridge": "cu2", "nat": True, "ports": []}
        self.assertEqual({'"cu1" : 8'}, track.table(host, {"cu1": 7, "cu2": 9}).collections["zones"].elements)


class ChangeTest(unittest.TestCase):
    """nft.change"""

    def test_only_what_differs(self) -> None:
        old = Table("ip", "t", {"s": Collection("type ipv4_addr;", frozenset({"10.0.0.1", "10.0.0.2"}))},
                    {"a": Chain(("drop",)), "b": Chain(("accept",))})
        new = Table("ip", "t", {"s": Collection("type ipv4_addr;", frozenset({"10.0.0.2", "10.0.0.3"}))},
                    {"a": Chain(("accept", "drop")), "c": Chain(("drop",))})
        self.assertEqual(
            ["delete element ip t s { 10.0.0.1 }", "flush chain ip t a", "flush chain ip t b", "add chain ip t c",
             "add element ip t s { 10.0.0.3 }", "add rule ip t a accept", "add rule ip t a drop", "add rule ip t c drop",
             "delete chain ip t b"], nft.change(old, new).splitlines())
        self.assertEqual("", nft.change(new, new))


if __name__ == "__main__":
    unittest.main()
