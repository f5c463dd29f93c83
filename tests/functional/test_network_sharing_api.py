"""What is shared with single projects, where networks lie, and what the cloud says of itself: real rules, real SQL."""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.network import network_host
from cumulo.network import desired
from tests.functional.test_network_api import NetworkApiCase


class SharingTest(NetworkApiCase):
    """Policies that let other projects use a thing."""

    def share(self, kind: str, object_id: str, target: str = "two", expect: int = 201, who: str = "ann",
              action: str = "access_as_shared") -> dict[str, Any]:
        answer = self.send("POST", "/rbac-policies", {"rbac_policy": {
            "object_type": kind, "object_id": object_id, "action": action, "target_tenant": target}},
            who=who, expect=expect)
        return dict(answer.get("rbac_policy") or answer["NeutronError"])

    def test_a_network_is_shared_with_one_project(self) -> None:
        net = self.network(name="ours")["id"]
        subnet = self.subnet(net)["id"]
        self.send("GET", f"/networks/{net}", who="bob", expect=404)
        made = self.share("network", net)
        self.assertEqual("two", made["target_tenant"])
        self.send("GET", f"/networks/{net}", who="bob", expect=200)
        self.send("GET", f"/subnets/{subnet}", who="bob", expect=200)
        self.send("PUT", f"/networks/{net}", {"network": {"name": "mine"}}, who="bob", expect=403)
        self.assertEqual("DuplicatePolicy", self.share("network", net, expect=409)["type"])
        port = self.send("POST", "/ports", {"port": {"network_id": net}}, who="bob", expect=201)["port"]["id"]
        path = f"/rbac-policies/{made['id']}"
        self.refused(409, "RbacPolicyInUse", "DELETE", path)
        self.refused(409, "RbacPolicyInUse", "PUT", path, {"rbac_policy": {"target_tenant": "three"}})
        self.send("DELETE", f"/ports/{port}", who="bob", expect=204)
        moved = self.send("PUT", path, {"rbac_policy": {"target_tenant": "three"}}, expect=200)["rbac_policy"]
        self.assertEqual("three", moved["target_tenant"])
        self.send("GET", f"/networks/{net}", who="bob", expect=404)
        self.send("GET", path, who="bob", expect=404)
        self.send("GET", path, expect=200)
        self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", "/rbac-policies")["rbac_policies"]])
        self.send("DELETE", path, who="eve", expect=403)
        self.send("DELETE", path, expect=204)

    def test_every_kind_that_can_be_shared(self) -> None:
        for kind, path, body in (("security_group", "/security-groups", {}), ("address_group", "/address-groups", {}),
                                 ("subnetpool", "/subnetpools", {"prefixes": ["10.10.0.0/16"]})):
            with self.subTest(kind):
                made = self.send("POST", path, {kind: body}, expect=201)[kind]["id"]
                self.send("GET", f"{path}/{made}", who="bob", expect=404)
                self.share(kind, made)
                self.send("GET", f"{path}/{made}", who="bob", expect=200)
                self.send("DELETE", f"{path}/{made}", who="bob", expect=403)
                self.send("DELETE", f"{path}/{made}", expect=204)
        self.assertEqual([], self.send("GET", "/rbac-policies")["rbac_policies"])

    def test_what_cannot_be_shared(self) -> None:
        net, strange = self.network()["id"], self.network("bob")["id"]
        self.assertEqual("PolicyNotAuthorized", self.share("network", net, "*", 403)["type"])
        self.assertEqual("PolicyNotAuthorized", self.share("network", net, expect=403, action="access_as_external")["type"])
        self.assertEqual("NetworkNotFound", self.share("network", strange, expect=404)["type"])
        group = self.send("POST", "/security-groups", {"security_group": {}})["security_group"]["id"]
        self.assertEqual("PolicyNotAuthorized", self.share(
            "security_group", group, expect=403, action="access_as_external")["type"])
        self.assertEqual("InvalidInput", self.share(
            "security_group", group, expect=400, who="root", action="access_as_external")["type"])
        outside = self.network("root")["id"]
        self.share("network", outside, "*", who="root", action="access_as_external")
        self.send("GET", f"/networks/{outside}", expect=200)

    def test_a_security_group_in_use_stays_shared(self) -> None:
        group = self.send("POST", "/security-groups", {"security_group": {}})["security_group"]["id"]
        made, net = self.share("security_group", group), self.network("bob")["id"]
        self.port(net, who="bob", security_groups=[group])
        self.refused(409, "RbacPolicyInUse", "DELETE", f"/rbac-policies/{made['id']}")


class PlacesTest(NetworkApiCase):
    """Where networks lie."""

    def lies(self, expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/networks", {"network": {f"provider:{name}": value for name, value in values.items()}},
                           who="root", expect=expect)
        return dict(answer.get("network") or answer["NeutronError"])

    def test_a_network_of_no_type_is_an_overlay_of_its_own(self) -> None:
        one, other = self.lies(), self.lies()
        self.assertEqual(("vxlan", None, 1, 1450), tuple(one[name] for name in (
            "provider:network_type", "provider:physical_network", "provider:segmentation_id", "mtu")))
        self.assertEqual(2, other["provider:segmentation_id"])
        self.send("DELETE", f"/networks/{one['id']}", who="root", expect=204)
        self.assertEqual(3, self.lies()["provider:segmentation_id"])
        self.assertEqual("TunnelIdInUse", self.lies(409, network_type="vxlan", segmentation_id=2)["type"])
        self.refused(400, "InvalidInput", "POST", "/networks", {"network": {"mtu": 1451}})
        self.refused(400, "InvalidInput", "PUT", f"/networks/{other['id']}", {"network": {"mtu": 9000}}, who="root")

    def test_two_overlays_have_numbers_of_their_own(self) -> None:
        one, other = self.lies(network_type="gre"), self.lies(network_type="gre")
        self.assertEqual(("gre", 1, 1458), tuple(one[name] for name in (
            "provider:network_type", "provider:segmentation_id", "mtu")))
        self.assertEqual(2, other["provider:segmentation_id"])
        self.assertEqual(1, self.lies()["provider:segmentation_id"])

    def test_a_host_that_cannot_carry_overlays(self) -> None:
        with self.database.write() as connection:
            connection.execute(sa.insert(network_host).values(
                host="old", applied_revision=0, updated_at=1.0, types=["local", "flat"]))
        self.assertEqual("local", self.lies()["provider:network_type"])

    def test_vlans_share_a_physical_network(self) -> None:
        for number in (100, "101"):
            made = self.lies(network_type="vlan", physical_network="physnet1", segmentation_id=number)
            self.assertEqual(int(number), made["provider:segmentation_id"])
        self.assertEqual("VlanIdInUse", self.lies(
            409, network_type="vlan", physical_network="physnet1", segmentation_id=100)["type"])
        self.assertEqual("NoNetworkAvailable", self.lies(409, network_type="vlan")["type"])

    def test_places_that_no_network_can_have(self) -> None:
        for values in ({"network_type": "vlan", "segmentation_id": 5}, {"network_type": "local", "segmentation_id": 5},
                       {"network_type": "vxlan", "physical_network": "physnet1"}, {"network_type": "flat"},
                       {"network_type": "vlan", "physical_network": "physnet1", "segmentation_id": 4095},
                       {"physical_network": "physnet1"}, {"segmentation_id": 5},
                       {"network_type": "vlan", "physical_network": "moon", "segmentation_id": 5}):
            with self.subTest(values):
                self.assertEqual("InvalidInput", self.lies(400, **values)["type"])


class QualityTest(NetworkApiCase):
    """Policies for the traffic of ports."""

    def policy(self, who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/qos/policies", {"policy": values}, who=who, expect=201)["policy"]
        return made

    def test_a_policy_with_its_rules(self) -> None:
        made = self.policy(name="slow")
        path = f"/qos/policies/{made['id']}"
        limits = f"{path}/bandwidth_limit_rules"
        limit = self.send("POST", limits, {"bandwidth_limit_rule": {"max_kbps": "1000"}}, expect=201)[
            "bandwidth_limit_rule"]
        self.assertEqual((1000, 0, "egress"), tuple(limit[name] for name in ("max_kbps", "max_burst_kbps", "direction")))
        self.refused(409, "QoSRulesConflict", "POST", limits, {"bandwidth_limit_rule": {"max_kbps": 1}})
        other = self.send("POST", limits, {"bandwidth_limit_rule": {"max_kbps": 5, "direction": "ingress"}}, expect=201)
        self.refused(409, "QoSRulesConflict", "PUT", f"{limits}/{limit['id']}", {"bandwidth_limit_rule": {
            "direction": "ingress"}})
        changed = self.send("PUT", f"{limits}/{limit['id']}", {"bandwidth_limit_rule": {"max_burst_kbps": 80}}, expect=200)
        self.assertEqual((1000, 80), tuple(changed["bandwidth_limit_rule"][name] for name in ("max_kbps", "max_burst_kbps")))
        marks = f"{path}/dscp_marking_rules"
        mark = self.send("POST", marks, {"dscp_marking_rule": {"dscp_mark": 26}}, expect=201)["dscp_marking_rule"]
        self.send("PUT", f"{marks}/{mark['id']}", {"dscp_marking_rule": {"dscp_mark": "28"}}, expect=200)
        self.assertEqual(28, self.send("GET", f"{marks}/{mark['id']}", expect=200)["dscp_marking_rule"]["dscp_mark"])
        self.send("POST", marks, {"dscp_marking_rule": {"dscp_mark": 7}}, expect=400)
        self.send("GET", f"{marks}/{limit['id']}", expect=404)
        self.assertEqual(2, len(self.send("GET", limits)["bandwidth_limit_rules"]))
        self.assertEqual({"bandwidth_limit", "dscp_marking"}, {
            each["type"] for each in self.send("GET", path)["policy"]["rules"]})
        self.send("DELETE", f"{limits}/{other['bandwidth_limit_rule']['id']}", expect=204)
        self.send("DELETE", f"{marks}/{mark['id']}", expect=204)
        self.send("GET", limits, who="bob", expect=404)
        self.send("POST", limits, {"bandwidth_limit_rule": {"max_kbps": 1}}, who="eve", expect=403)

    def test_ports_and_networks_follow_a_policy(self) -> None:
        made, strange = self.policy()["id"], self.policy("bob")["id"]
        net = self.network(qos_policy_id=made)
        port = self.port(net["id"], qos_policy_id=made)
        self.assertEqual((made, made), (net["qos_policy_id"], port["qos_policy_id"]))
        self.refused(409, "QosPolicyInUse", "DELETE", f"/qos/policies/{made}")
        for kind, one in (("port", port), ("network", net)):
            path = f"/{kind}s/{one['id']}"
            self.refused(404, "QosPolicyNotFound", "PUT", path, {kind: {"qos_policy_id": strange}})
            self.send("PUT", path, {kind: {"qos_policy_id": None}}, expect=200)
        self.send("PUT", f"/qos/policies/{made}", {"policy": {"name": "x"}}, expect=200)
        self.refused(403, "PolicyNotAuthorized", "PUT", f"/qos/policies/{made}", {"policy": {"shared": True}})
        self.send("DELETE", f"/qos/policies/{made}", expect=204)
        self.assertEqual([], self.send("GET", "/qos/policies")["policies"])

    def test_new_networks_follow_the_default(self) -> None:
        made = self.policy(is_default=True)
        self.assertTrue(made["is_default"])
        self.assertEqual((made["id"], None), (self.network()["qos_policy_id"], self.network("bob")["qos_policy_id"]))
        self.assertIsNone(self.network(qos_policy_id=None)["qos_policy_id"])
        other = self.policy()
        path = f"/qos/policies/{other['id']}"
        self.refused(409, "QoSPolicyDefaultAlreadyExists", "PUT", path, {"policy": {"is_default": True}})
        self.send("PUT", f"/qos/policies/{made['id']}", {"policy": {"is_default": False}}, expect=200)
        self.assertTrue(self.send("PUT", path, {"policy": {"is_default": True}}, expect=200)["policy"]["is_default"])
        self.send("PUT", path, {"policy": {"is_default": True}}, expect=200)
        self.policy("bob", is_default=True)

    def test_limits_of_packets(self) -> None:
        policy = self.policy()["id"]
        path = f"/qos/policies/{policy}/packet_rate_limit_rules"
        made = self.send("POST", path, {"packet_rate_limit_rule": {"max_kpps": "5"}}, expect=201)["packet_rate_limit_rule"]
        self.assertEqual((5, 0, "egress", "packet_rate_limit"), tuple(made[name] for name in (
            "max_kpps", "max_burst_kpps", "direction", "type")))
        self.send("POST", path, {"packet_rate_limit_rule": {"max_kpps": 0}}, expect=400)
        self.refused(409, "QoSRulesConflict", "POST", path, {"packet_rate_limit_rule": {"max_kpps": 7}})
        self.send("POST", path, {"packet_rate_limit_rule": {"max_kpps": 7, "direction": "ingress"}}, expect=201)
        self.send("PUT", f"{path}/{made['id']}", {"packet_rate_limit_rule": {"max_burst_kpps": 2}}, expect=200)
        net = self.network(qos_policy_id=policy)
        self.subnet(net["id"])
        port = self.port(net["id"])
        self.send("PUT", f"/ports/{port['id']}", {"port": {"binding:host_id": "h"}}, who="root", expect=200)
        with self.database.read() as connection:
            sent, = desired.desired(connection, "h", None)["networks"]
        self.assertEqual({"egress_packets": {"max_kpps": 5, "max_burst_kpps": 2},
                          "ingress_packets": {"max_kpps": 7, "max_burst_kpps": 0}}, sent["ports"][0]["qos"])
        self.send("DELETE", f"{path}/{made['id']}", expect=204)

    def test_minimums(self) -> None:
        policy = self.policy()["id"]
        for kind, amount, directions in (("minimum_bandwidth", "min_kbps", ("egress", "ingress")),
                                         ("minimum_packet_rate", "min_kpps", ("egress", "ingress"))):
            path, name = f"/qos/policies/{policy}/{kind}_rules", f"{kind}_rule"
            made = self.send("POST", path, {name: {amount: "200"}}, expect=201)[name]
            self.assertEqual((200, directions[0], kind), (made[amount], made["direction"], made["type"]))
            self.send("POST", path, {name: {amount: -1}}, expect=400)
            self.refused(409, "QoSRulesConflict", "POST", path, {name: {amount: 7}})
            self.send("POST", path, {name: {amount: 7, "direction": "ingress"}}, expect=201)
            changed = self.send("PUT", f"{path}/{made['id']}", {name: {amount: 300}}, expect=200)[name]
            self.assertEqual(300, changed[amount])
            self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", f"{path}?direction=egress")[f"{name}s"]])
        both = {"minimum_packet_rate_rule": {"min_kpps": 1, "direction": "any"}}
        self.refused(409, "QoSRulesConflict", "POST", path, both)
        self.refused(409, "QoSRulesConflict", "PUT", f"{path}/{made['id']}", both)
        port = self.port(self.network(qos_policy_id=policy)["id"])
        self.assertNotIn("resource_request", port)
        shown = self.send("GET", f"/ports/{port['id']}", who="root")["port"]["resource_request"]
        self.assertEqual([{"NET_BW_EGR_KILOBIT_PER_SEC": 300, "NET_BW_IGR_KILOBIT_PER_SEC": 7},
                          {"NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC": 300, "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC": 7}],
                         [each["resources"] for each in shown["request_groups"]])
        for rule in self.send("GET", path)["minimum_packet_rate_rules"]:
            self.send("DELETE", f"{path}/{rule['id']}", expect=204)
        shown = self.send("GET", f"/ports/{port['id']}", who="root")["port"]["resource_request"]
        self.assertEqual(["CUSTOM_NETWORK_TUNNEL_PROVIDER", "CUSTOM_VNIC_TYPE_NORMAL"], shown["request_groups"][0]["required"])
        path = f"/qos/policies/{policy}/minimum_bandwidth_rules"
        for rule in self.send("GET", path)["minimum_bandwidth_rules"]:
            self.send("DELETE", f"{path}/{rule['id']}", expect=204)
        self.assertIsNone(self.send("GET", f"/ports/{port['id']}", who="root")["port"]["resource_request"])

    def test_what_a_port_asks_of_its_host(self) -> None:
        policy = self.policy()["id"]
        self.send("POST", f"/qos/policies/{policy}/minimum_bandwidth_rules", {
            "minimum_bandwidth_rule": {"min_kbps": 5}}, expect=201)
        net = self.network("root", **{"provider:network_type": "flat", "provider:physical_network": "physnet1"})["id"]
        made = self.send("POST", "/ports", {"port": {"network_id": net}}, who="root", expect=201)["port"]
        self.assertIsNone(made["resource_request"])
        changed = self.send("PUT", f"/ports/{made['id']}", {"port": {"qos_policy_id": policy}}, who="root", expect=200)["port"]
        group, = changed["resource_request"]["request_groups"]
        self.assertEqual(({"NET_BW_EGR_KILOBIT_PER_SEC": 5}, ["CUSTOM_PHYSNET_PHYSNET1", "CUSTOM_VNIC_TYPE_NORMAL"]),
                         (group["resources"], group["required"]))
        self.assertEqual([group["id"]], changed["resource_request"]["same_subtree"])

    def test_rules_by_their_own_ids(self) -> None:
        policy = self.policy()["id"]
        for kind, field, values in (("bandwidth_limit", "max_kbps", (5, 6)), ("dscp_marking", "dscp_mark", (26, 28)),
                                    ("minimum_bandwidth", "min_kbps", (5, 6)), ("minimum_packet_rate", "min_kpps", (5, 6))):
            made = self.send("POST", f"/qos/policies/{policy}/{kind}_rules", {f"{kind}_rule": {field: values[0]}}, expect=201)
            rule_id = made[f"{kind}_rule"]["id"]
            path, name = f"/qos/alias-{kind.replace('_', '-')}-rules/{rule_id}", f"alias_{kind}_rule"
            self.assertEqual(made[f"{kind}_rule"], self.send("GET", path, expect=200)[name])
            self.assertEqual(values[1], self.send("PUT", path, {name: {field: values[1]}}, expect=200)[name][field])
            self.refused(404, "QosRuleNotFound", "GET", path, who="bob")
            self.refused(403, "PolicyNotAuthorized", "DELETE", path, who="eve")
            self.send("DELETE", path, expect=204)
            self.refused(404, "QosRuleNotFound", "DELETE", path)

    def test_kinds_of_rules(self) -> None:
        self.assertEqual([{"type": kind} for kind in ("bandwidth_limit", "dscp_marking", "minimum_bandwidth", "minimum_packet_rate",
                                                      "packet_rate_limit")], self.send("GET", "/qos/rule-types", expect=200)["rule_types"])
        details = self.send("GET", "/qos/rule-types/dscp_marking", expect=200)["rule_type"]["drivers"]
        self.assertEqual({"dscp_mark"}, {each["parameter_name"] for driver in details for each in driver["supported_parameters"]})
        self.send("GET", "/qos/rule-types/magic", expect=404)


class SelfTest(NetworkApiCase):
    """What the cloud says of itself."""

    def test_agents_are_the_administrators(self) -> None:
        with self.database.write() as connection:
            now = self.database.now(connection)
            connection.execute(sa.insert(service_status).values(
                id="a1", host="h1", kind="network", started_at=now, last_seen=now, facts={}))
        self.assertEqual([], self.send("GET", "/agents", expect=200)["agents"])
        listed = self.send("GET", "/agents?host=h1", who="root", expect=200)["agents"]
        self.assertEqual([("DHCP agent", True), ("L3 agent", True), ("Linux bridge agent", True), ("Metadata agent", True)],
                         sorted((each["agent_type"], each["alive"]) for each in listed))
        routes = self.send("GET", "/agents?agent_type=l3%20agent", who="root", expect=200)["agents"][0]["id"]
        self.assertEqual("h1", self.send("GET", f"/agents/{routes}", who="root", expect=200)["agent"]["host"])
        self.send("GET", f"/agents/{routes}", expect=404)

    def test_zones_and_providers(self) -> None:
        zones = self.send("GET", "/availability_zones", expect=200)["availability_zones"]
        self.assertEqual([{"name": "nova", "resource": kind, "state": "available"} for kind in ("network", "router")], zones)
        providers = self.send("GET", "/service-providers", expect=200)["service_providers"]
        self.assertEqual([{"service_type": "L3_ROUTER_NAT", "name": name, "default": is_usual}
                          for name, is_usual in (("centralized", False), ("distributed", True))],
                         sorted(providers, key=lambda each: str(each["name"])))

    def test_addresses_left(self) -> None:
        net = self.network(name="n")["id"]
        subnet = self.subnet(net)["id"]
        self.port(net)
        self.send("GET", "/network-ip-availabilities", expect=403)
        shown = self.send("GET", f"/network-ip-availabilities/{net}", who="root", expect=200)["network_ip_availability"]
        self.assertEqual((253, 2, net, "n"), tuple(shown[name] for name in (
            "total_ips", "used_ips", "network_id", "network_name")))
        self.assertEqual([subnet], [each["subnet_id"] for each in shown["subnet_ip_availability"]])
        for version, found in ((4, 1), (6, 0)):
            listed = self.send("GET", f"/network-ip-availabilities?ip_version={version}&network_id={net}", who="root")
            self.assertEqual(found, len(listed["network_ip_availabilities"]))
        self.subnet(net, "fd00::/48", ip_version=6, enable_dhcp=False)
        shown = self.send("GET", f"/network-ip-availabilities/{net}", who="root", expect=200)["network_ip_availability"]
        self.assertEqual(253 + 2**80 - 2, shown["total_ips"])
        self.send("GET", "/network-ip-availabilities/nothing", who="root", expect=404)

    def test_topology(self) -> None:
        net, port = self.network(name="n")["id"], None
        self.subnet(net)
        port = self.port(net)["id"]
        drawn = self.send("GET", "/cumulo/topology", expect=200)["topology"]
        self.assertEqual([net], [each["id"] for each in drawn["networks"]])
        self.assertEqual(["10.0.0.0/24"], [each["cidr"] for each in drawn["networks"][0]["subnets"]])
        self.assertIn(port, [each["id"] for each in drawn["ports"]])
        self.assertEqual([], self.send("GET", "/cumulo/topology", who="bob")["topology"]["networks"])


if __name__ == "__main__":
    unittest.main()
