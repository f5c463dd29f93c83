"""Connections that lose what let them through: which ports are looked at, and which connections go."""

import unittest
from typing import Any

from cumulo.common import names
from cumulo.network.agent import filter
from cumulo.network.agent.revoked import Connection, forbidden, narrowed
from cumulo.network.agent.rules import Packet
from cumulo.network.agent.wanted import Wanted

RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": None, "port_range_min": None, "port_range_max": None,
        "remote_prefix": None, "remote_set": None}
TCP, UDP, ICMP = 6, 17, 1


def rule(**more: Any) -> dict[str, Any]:
    return RULE | more


def port(number: int, *groups: str, **more: Any) -> dict[str, Any]:
    return {"id": f"{number:08d}-0000-4000-8000-000000000000", "mac_address": f"fa:16:3e:00:00:{number:02x}", "is_here": True,
            "fixed_ips": [{"ip_address": f"10.0.0.{number}"}, {"ip_address": f"fd00::{number:x}"}], "admin_state_up": True,
            "port_security_enabled": True, "allowed_address_pairs": [], "groups": list(groups), "qos": {}} | more


def wanted(ports: list[dict[str, Any]], prefixes: tuple[str, ...] = (), **groups: Any) -> Wanted:
    return Wanted({"n": {"id": "n", "bridge": "cu", "nat": False, "ports": ports}},
                  {each: {"id": each, "stateful": True, "rules": list(said)} for each, said in groups.items()},
                  {"s": {"id": "s", "prefixes": list(prefixes)}})


def taps(*numbers: int) -> set[str]:
    return {names.tap_name(port(each)["id"]) for each in numbers}


class NarrowedTest(unittest.TestCase):
    """Which ports may have lost something."""

    def _narrowed(self, before: Wanted, after: Wanted) -> set[str]:
        return narrowed(filter.table(before), filter.table(after))

    def test_all_are_looked_at_when_nothing_is_known(self) -> None:
        self.assertEqual(taps(1, 2), narrowed(None, filter.table(wanted([port(1, "a"), port(2)], a=[rule()]))))

    def test_a_rule_that_comes_concerns_nobody_and_one_that_goes_its_ports(self) -> None:
        ports = [port(1, "a"), port(2, "b")]
        one, two = rule(protocol="tcp"), rule(protocol="udp")
        fewer, more = wanted(ports, a=[one], b=[two]), wanted(ports, a=[one, two], b=[two])
        self.assertEqual(set(), self._narrowed(fewer, more))
        self.assertEqual(taps(1), self._narrowed(more, fewer))

    def test_a_member_that_goes_concerns_who_named_the_group(self) -> None:
        ports, rules = [port(1, "a"), port(2, "b")], {"a": [rule(remote_set="s")], "b": [rule()]}
        few, many = wanted(ports, ("10.0.0.5",), **rules), wanted(ports, ("10.0.0.5", "10.0.0.6"), **rules)
        self.assertEqual((set(), taps(1)), (self._narrowed(few, many), self._narrowed(many, few)))

    def test_a_port_that_leaves_a_group_or_is_guarded_again(self) -> None:
        rules = {"a": [rule()], "b": []}
        both, one = wanted([port(1, "a", "b"), port(2, "a")], **rules), wanted([port(1, "b"), port(2, "a")], **rules)
        self.assertEqual(taps(1), self._narrowed(both, one))
        self.assertEqual(taps(1), self._narrowed(wanted([port(1, "a", port_security_enabled=False)], **rules),
                                                 wanted([port(1, "a")], **rules)))


class ForbiddenTest(unittest.TestCase):
    """Which of their connections go."""

    def _cut(self, rules: list[dict[str, Any]], *packets: Packet, prefixes: tuple[str, ...] = (), **more: Any) -> list[Packet]:
        held = port(1, "a", **more)
        known = [Connection(7, each, str(number)) for number, each in enumerate(packets)]
        return [each.packet for each in forbidden(known, {7: [held]}, wanted([held], prefixes, a=rules))]

    def test_what_a_rule_lets_in_stays(self) -> None:
        web, dns = Packet(TCP, "10.0.0.9", "10.0.0.1", 40000, 80), Packet(UDP, "10.0.0.9", "10.0.0.1", 40000, 53)
        rules = [rule(protocol="tcp", port_range_min=80, port_range_max=81)]
        self.assertEqual([dns], self._cut(rules, web, dns))
        self.assertEqual([web], self._cut([rule(protocol="udp")], web, dns))
        self.assertEqual([], self._cut([rule()], web, dns))

    def test_both_ways_are_held_to_their_own_rules(self) -> None:
        asked, told = Packet(TCP, "10.0.0.1", "10.0.0.9", 40000, 80), Packet(TCP, "10.0.0.9", "10.0.0.1", 40000, 80)
        self.assertEqual([asked], self._cut([rule()], asked, told))
        self.assertEqual([told], self._cut([rule(direction="egress")], asked, told))

    def test_the_other_side(self) -> None:
        near, far = Packet(TCP, "10.0.0.9", "10.0.0.1", 1, 80), Packet(TCP, "10.9.9.9", "10.0.0.1", 1, 80)
        self.assertEqual([far], self._cut([rule(remote_prefix="10.0.0.0/24")], near, far))
        self.assertEqual([near], self._cut([rule(remote_set="s")], near, far, prefixes=("10.9.0.0/16",)))
        self.assertEqual([near, far], self._cut([rule(remote_set="s")], near, far))

    def test_versions_and_icmp(self) -> None:
        four, six = Packet(ICMP, "10.0.0.9", "10.0.0.1", 8, 0), Packet(58, "fd00::9", "fd00::1", 128, 0)
        self.assertEqual([six], self._cut([rule()], four, six))
        self.assertEqual([four], self._cut([rule(ethertype="IPv6", protocol="icmp")], four, six))
        self.assertEqual([six], self._cut([rule(protocol="icmp", port_range_min=8, port_range_max=0)], four, six))
        self.assertEqual([four, six], self._cut([rule(protocol="icmp", port_range_min=13)], four, six))

    def test_addresses_it_was_allowed_and_strangers(self) -> None:
        allowed, strange = Packet(TCP, "10.0.0.9", "10.7.0.5", 1, 80), Packet(TCP, "10.0.0.9", "10.8.0.5", 1, 80)
        self.assertEqual([allowed], self._cut([], allowed, strange,
                                              allowed_address_pairs=[{"ip_address": "10.7.0.0/16", "mac_address": None}]))


if __name__ == "__main__":
    unittest.main()
