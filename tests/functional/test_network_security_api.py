"""Security groups, their rules, address groups, and what ports make of them: over real rules and real SQL."""

from __future__ import annotations

import unittest
from typing import Any

from tests.functional.test_network_api import NetworkApiCase


class SecurityCase(NetworkApiCase):
    """What the stories share."""

    def group(self, who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/security-groups", {"security_group": values},
                                         who=who, expect=201)["security_group"]
        return made

    def rule(self, group_id: str, who: str = "ann", expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/security-group-rules", {"security_group_rule": {
            "security_group_id": group_id, "direction": "ingress", **values}}, who=who, expect=expect)
        return dict(answer.get("security_group_rule") or answer["NeutronError"])

    def default(self, who: str = "ann") -> dict[str, Any]:
        groups = self.send("GET", "/security-groups?name=default", who=who, expect=200)["security_groups"]
        return next(dict(each) for each in groups)


class GroupsTest(SecurityCase):
    """Groups, and the one that every project has."""

    def test_a_project_has_a_default_group_from_its_first_look(self) -> None:
        listed = self.send("GET", "/security-groups", expect=200)["security_groups"]
        self.assertEqual(["default"], [each["name"] for each in listed])
        said = {(each["direction"], each["ethertype"], each["remote_group_id"])
                for each in listed[0]["security_group_rules"]}
        self.assertEqual({("egress", "IPv4", None), ("egress", "IPv6", None), ("ingress", "IPv4", listed[0]["id"]),
                          ("ingress", "IPv6", listed[0]["id"])}, said)
        self.assertEqual(listed, self.send("GET", "/security-groups")["security_groups"])
        self.assertNotEqual(listed[0]["id"], self.default("bob")["id"])

    def test_the_default_group_stays(self) -> None:
        path = f"/security-groups/{self.default()['id']}"
        self.refused(409, "SecurityGroupCannotRemoveDefault", "DELETE", path)
        self.refused(409, "SecurityGroupCannotUpdateDefault", "PUT", path, {"security_group": {"name": "mine"}})
        self.refused(409, "SecurityGroupDefaultAlreadyExists", "POST", "/security-groups",
                     {"security_group": {"name": "default"}})
        self.send("PUT", path, {"security_group": {"description": "ours"}}, expect=200)
        self.send("DELETE", path, who="root", expect=204)
        self.assertEqual("Default security group", self.default()["description"])

    def test_a_group_comes_lets_out_everything_and_goes(self) -> None:
        made = self.group(name="web", description="d")
        self.assertEqual([("egress", "IPv4"), ("egress", "IPv6")], sorted(
            (each["direction"], each["ethertype"]) for each in made["security_group_rules"]))
        self.assertTrue(made["stateful"])
        path = f"/security-groups/{made['id']}"
        changed = self.send("PUT", path, {"security_group": {"name": "www", "stateful": False}}, expect=200)
        self.assertEqual(("www", False), tuple(changed["security_group"][name] for name in ("name", "stateful")))
        self.assertGreater(changed["security_group"]["revision_number"], made["revision_number"])
        self.assertEqual("www", self.send("GET", path, expect=200)["security_group"]["name"])
        self.send("GET", path, who="bob", expect=404)
        self.send("PUT", path, {"security_group": {}}, who="eve", expect=403)
        self.send("DELETE", path, headers={"If-Match": "revision_number=1"}, expect=412)
        self.send("DELETE", path, expect=204)
        self.send("GET", path, expect=404)

    def test_a_group_with_ports_stays(self) -> None:
        group, net = self.group(name="web"), self.network()
        port = self.port(net["id"], security_groups=[group["id"]])
        self.assertEqual([group["id"]], port["security_groups"])
        self.refused(409, "SecurityGroupInUse", "DELETE", f"/security-groups/{group['id']}")
        self.refused(409, "SecurityGroupInUse", "PUT", f"/security-groups/{group['id']}",
                     {"security_group": {"stateful": False}})
        self.send("PUT", f"/ports/{port['id']}", {"port": {"security_groups": []}}, expect=200)
        self.send("DELETE", f"/security-groups/{group['id']}", expect=204)

    def test_many_at_once_or_none(self) -> None:
        self.send("POST", "/security-groups", {"security_groups": [{"name": "a"}, {"name": "default"}]}, expect=409)
        made = self.send("POST", "/security-groups", {"security_groups": [{"name": "a"}, {"name": "b"}]}, expect=201)
        self.assertEqual(["a", "b"], [each["name"] for each in made["security_groups"]])
        rules = [{"security_group_id": made["security_groups"][0]["id"], "direction": "ingress", "protocol": name}
                 for name in ("tcp", "udp")]
        self.send("POST", "/security-group-rules", {"security_group_rules": rules}, expect=201)


class RulesTest(SecurityCase):
    """What a rule may say."""

    def test_a_rule_comes_is_described_and_goes(self) -> None:
        group = self.group(name="web")
        made = self.rule(group["id"], protocol="tcp", port_range_min="80", port_range_max=80,
                         remote_ip_prefix="10.0.0.1/24")
        self.assertEqual(("tcp", 80, 80, "10.0.0.1/24", "10.0.0.0/24", "IPv4"), tuple(made[name] for name in (
            "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "normalized_cidr", "ethertype")))
        path = f"/security-group-rules/{made['id']}"
        changed = self.send("PUT", path, {"security_group_rule": {"description": "web"}}, expect=200)
        self.assertEqual("web", changed["security_group_rule"]["description"])
        self.assertEqual([made["id"]], [each["id"] for each in self.send(
            "GET", f"/security-group-rules?security_group_id={group['id']}&direction=ingress")["security_group_rules"]])
        self.send("GET", path, who="bob", expect=404)
        self.send("DELETE", path, who="eve", expect=403)
        self.send("DELETE", path, expect=204)
        self.send("DELETE", path, expect=404)

    def test_the_same_rule_is_there_once_however_it_is_written(self) -> None:
        group = self.group(name="web")
        one = self.rule(group["id"], protocol="tcp", port_range_min=1, port_range_max=65535)
        for twin in ({"protocol": 6}, {"protocol": "TCP", "remote_ip_prefix": "0.0.0.0/0"}, {"protocol": "tcp"}):
            with self.subTest(twin):
                answer = self.rule(group["id"], expect=409, **twin)
                self.assertEqual("SecurityGroupRuleExists", answer["type"])
                self.assertIn(one["id"], answer["message"])
        self.rule(group["id"], protocol="tcp", direction="egress")

    def test_what_is_no_rule(self) -> None:
        group = self.group(name="web")
        for status, kind, asked in (
            (400, "SecurityGroupRuleInvalidEtherType", {"ethertype": "IPv5"}),
            (400, "SecurityGroupRuleInvalidProtocol", {"protocol": "smoke"}),
            (400, "SecurityGroupProtocolRequiredWithPorts", {"port_range_min": 1, "port_range_max": 2}),
            (400, "SecurityGroupInvalidPortRange", {"protocol": "tcp", "port_range_min": 2, "port_range_max": 1}),
            (400, "SecurityGroupInvalidPortRange", {"protocol": "udp", "port_range_min": 2}),
            (400, "SecurityGroupInvalidPortValue", {"protocol": "tcp", "port_range_min": 0, "port_range_max": 65536}),
            (400, "SecurityGroupInvalidPortValue", {"protocol": "tcp", "port_range_min": "x"}),
            (400, "SecurityGroupInvalidIcmpValue", {"protocol": "icmp", "port_range_min": 256}),
            (400, "SecurityGroupMissingIcmpType", {"protocol": "icmp", "port_range_max": 1}),
            (400, "SecurityGroupInvalidProtocolForPort", {"protocol": "gre", "port_range_min": 1, "port_range_max": 2}),
            (400, "SecurityGroupEthertypeConflictWithProtocol", {"protocol": "icmpv6"}),
            (400, "SecurityGroupRuleParameterConflict", {"remote_ip_prefix": "fd00::/8"}),
            (400, "InvalidCIDR", {"remote_ip_prefix": "10.0.0.0/33"}),
            (400, "SecurityGroupMultipleRemoteEntitiesBetweenRules",
             {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": group["id"]}),
            (404, "SecurityGroupNotFound", {"remote_group_id": "nothing"}),
            (404, "SecurityGroupNotFound", {"remote_group_id": self.group("bob")["id"]}),
            (404, "AddressGroupNotFound", {"remote_address_group_id": "nothing"}),
            (404, "SecurityGroupNotFound", {"security_group_id": "nothing"}),
        ):
            with self.subTest(asked):
                self.assertEqual(kind, self.rule(group["id"] if "security_group_id" not in asked else "",
                                                 expect=status, **asked)["type"])
        self.assertEqual(2, len(self.send("GET", f"/security-groups/{group['id']}")["security_group"][
            "security_group_rules"]))

    def test_what_is_one(self) -> None:
        group = self.group(name="web")
        for asked in ({"protocol": "icmp", "port_range_min": 8}, {"protocol": "icmpv6", "ethertype": "ipv6"},
                      {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}, {"protocol": 47}, {"protocol": "any"},
                      {"protocol": None, "remote_group_id": group["id"]}, {"remote_ip_prefix": "10.0.0.7"},
                      {"protocol": "udp", "ethertype": "IPv6", "remote_ip_prefix": "fd00::/64"}):
            with self.subTest(asked):
                self.rule(group["id"], **asked)
        prefixes = {each["remote_ip_prefix"] for each in self.send("GET", "/security-group-rules")[
            "security_group_rules"]}
        self.assertIn("10.0.0.7/32", prefixes)

    def test_rules_go_with_the_group_they_speak_of(self) -> None:
        web, data = self.group(name="web"), self.group(name="data")
        made = self.rule(data["id"], remote_group_id=web["id"])
        self.send("DELETE", f"/security-groups/{web['id']}", expect=204)
        self.send("GET", f"/security-group-rules/{made['id']}", expect=404)


class AddressGroupsTest(SecurityCase):
    """Named sets of addresses."""

    def test_a_set_comes_changes_and_goes(self) -> None:
        made = self.send("POST", "/address-groups", {"address_group": {
            "name": "offices", "addresses": ["10.1.2.3/16", "fd00::1/128"]}}, expect=201)["address_group"]
        self.assertEqual(["10.1.0.0/16", "fd00::1/128"], made["addresses"])
        path = f"/address-groups/{made['id']}"
        added = self.send("PUT", f"{path}/add_addresses", {"addresses": ["10.2.0.0/16", "10.1.0.0/16"]}, expect=200)
        self.assertEqual(3, len(added["address_group"]["addresses"]))
        taken = self.send("PUT", f"{path}/remove_addresses", {"address_group": {"addresses": ["10.1.0.0/16"]}},
                          expect=200)
        self.assertEqual(["10.2.0.0/16", "fd00::1/128"], taken["address_group"]["addresses"])
        self.refused(404, "AddressesNotFound", "PUT", f"{path}/remove_addresses", {"addresses": ["10.1.0.0/16"]})
        self.refused(400, "InvalidInput", "PUT", f"{path}/add_addresses", {"addresses": ["office"]})
        self.send("PUT", path, {"address_group": {"name": "houses"}}, expect=200)
        self.send("GET", path, who="bob", expect=404)
        self.send("PUT", f"{path}/add_addresses", {"addresses": ["10.3.0.0/16"]}, who="eve", expect=403)
        rule = self.rule(self.group(name="web")["id"], remote_address_group_id=made["id"])
        self.refused(409, "AddressGroupInUse", "DELETE", path)
        self.send("DELETE", f"/security-group-rules/{rule['id']}", expect=204)
        self.send("DELETE", path, expect=204)
        self.assertEqual([], self.send("GET", "/address-groups")["address_groups"])


class PortsTest(SecurityCase):
    """What ports make of them."""

    def test_a_port_is_in_the_default_group_unless_it_says_otherwise(self) -> None:
        net = self.network()
        port = self.port(net["id"])
        self.assertEqual(([self.default()["id"]], True), (port["security_groups"], port["port_security_enabled"]))
        self.assertEqual([], self.port(net["id"], security_groups=[])["security_groups"])
        open_port = self.port(net["id"], port_security_enabled=False)
        self.assertEqual(([], False), (open_port["security_groups"], open_port["port_security_enabled"]))
        strange = self.group("bob")["id"]
        self.refused(404, "SecurityGroupNotFound", "PUT", f"/ports/{port['id']}", {"port": {"security_groups": [strange]}})

    def test_without_port_security_nothing_is_filtered(self) -> None:
        net, group = self.network(), self.group(name="web")["id"]
        port = self.port(net["id"], security_groups=[group])
        path = f"/ports/{port['id']}"
        off: dict[str, Any] = {"port_security_enabled": False}
        self.refused(409, "PortSecurityPortHasSecurityGroup", "PUT", path, {"port": off})
        pair = [{"ip_address": "10.0.0.9"}]
        self.send("PUT", path, {"port": {"allowed_address_pairs": pair}}, expect=200)
        self.refused(409, "AddressPairAndPortSecurityRequired", "PUT", path, {"port": off | {"security_groups": []}})
        self.send("PUT", path, {"port": off | {"security_groups": [], "allowed_address_pairs": []}}, expect=200)
        self.refused(409, "PortSecurityPortHasSecurityGroup", "PUT", path, {"port": {"security_groups": [group]}})

    def test_allowed_address_pairs(self) -> None:
        port = self.port(self.network()["id"], allowed_address_pairs=[
            {"ip_address": "10.0.0.0/24"}, {"ip_address": "fd00::9", "mac_address": "FA:16:3E:00:00:01"}])
        self.assertEqual([{"ip_address": "10.0.0.0/24", "mac_address": port["mac_address"]},
                          {"ip_address": "fd00::9", "mac_address": "fa:16:3e:00:00:01"}], port["allowed_address_pairs"])
        one = {"ip_address": "10.0.0.1"}
        for kind, pairs in (("DuplicateAddressPairInRequest", [one, one]), ("InvalidInput", [{"ip_address": "here"}]),
                            ("AddressPairsExhausted", [{"ip_address": f"10.0.0.{number}"} for number in range(11)])):
            self.refused(400, kind, "PUT", f"/ports/{port['id']}", {"port": {"allowed_address_pairs": pairs}})

    def test_extra_dhcp_options(self) -> None:
        port = self.port(self.network()["id"], extra_dhcp_opts=[
            {"opt_name": "tftp-server", "opt_value": "10.0.0.1"}, {"opt_name": "bootfile-name", "opt_value": "boot"}])
        self.assertEqual([{"opt_name": "bootfile-name", "opt_value": "boot", "ip_version": 4},
                          {"opt_name": "tftp-server", "opt_value": "10.0.0.1", "ip_version": 4}],
                         port["extra_dhcp_opts"])
        changed = self.send("PUT", f"/ports/{port['id']}", {"port": {"extra_dhcp_opts": [
            {"opt_name": "tftp-server", "opt_value": None}, {"opt_name": "bootfile-name", "opt_value": "other"}]}},
            expect=200)["port"]
        self.assertEqual([{"opt_name": "bootfile-name", "opt_value": "other", "ip_version": 4}],
                         changed["extra_dhcp_opts"])
        for bad in ({"opt_name": "a,b"}, {"opt_name": "a", "opt_value": "x\ny"}, {"opt_name": ""}):
            self.send("PUT", f"/ports/{port['id']}", {"port": {"extra_dhcp_opts": [bad]}}, expect=400)


if __name__ == "__main__":
    unittest.main()
