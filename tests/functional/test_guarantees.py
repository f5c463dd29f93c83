"""Servers whose ports are promised bandwidth and packets: two hosts, fake drivers, a whole cloud."""

from __future__ import annotations

import unittest
from typing import Any

from tests.fixtures.whole_cloud import V, WholeCloud
from tests.functional.test_server_moves import MoveCase

N = "/network/v2.0"


class GuaranteeTest(MoveCase):
    """A host promises no more than it has, whoever asks, and has it again when a server goes."""

    network: str
    policy: str
    rule: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(("network", "bandwidths", {"physnet1": "1000:2000"}), ("network", "packet_rates", {"any": "10"}),
                               more_hosts=("h2",))
        cls.addClassCleanup(cls.cloud.close)

    def setUp(self) -> None:
        self.network = self.made("networks", "network", {
            "provider:network_type": "vlan", "provider:physical_network": "physnet1", "provider:segmentation_id": 7})
        self.made("subnets", "subnet", {"network_id": self.network, "cidr": "10.9.0.0/24", "ip_version": 4})
        self.policy = self.made("qos/policies", "policy", {})
        self.rule = self.made(f"qos/policies/{self.policy}/minimum_bandwidth_rules", "minimum_bandwidth_rule", {"min_kbps": 600})

    def tearDown(self) -> None:
        for server in self.cloud.get(f"{V}/servers").json["servers"]:
            self.cloud.remove(server["id"])
        for port in self.cloud.get(f"{N}/ports?network_id={self.network}&device_id=").json["ports"]:
            self.cloud.request("DELETE", f"{N}/ports/{port['id']}")
        self.assertEqual(204, self.cloud.request("DELETE", f"{N}/networks/{self.network}").status_int)
        self.assertEqual(204, self.cloud.request("DELETE", f"{N}/qos/policies/{self.policy}").status_int)

    def made(self, path: str, name: str, values: dict[str, Any]) -> str:
        """Make something of the network API and return its id."""
        answer = self.cloud.post(f"{N}/{path}", {name: values})
        self.assertEqual(201, answer.status_int, answer.text)
        return str(answer.json[name]["id"])

    def port(self, **more: Any) -> str:
        """A port that is promised what the policy says."""
        return self.made("ports", "port", {"network_id": self.network, "qos_policy_id": self.policy} | more)

    def changed(self, path: str, body: dict[str, Any]) -> Any:
        """Change something of the network API."""
        return self.cloud.request("PUT", f"{N}/{path}", body)

    def turned_away(self, networks: list[dict[str, str]], reason: str) -> None:
        """Build a server that no host takes."""
        answer = self.cloud.post(f"{V}/servers", {"server": {
            "name": "one", "imageRef": self.cloud.image_id, "flavorRef": "1", "networks": networks}})
        server_id = answer.json["server"]["id"]
        self.cloud.wait(server_id, "ERROR")
        self.assertIn(reason, self.shown(server_id)["fault"]["message"])
        self.cloud.remove(server_id)

    def test_hosts_are_filled_no_further(self) -> None:
        first, second = (self.cloud.boot(networks=[{"port": self.port()}]) for _ in range(2))
        self.assertEqual({"h1", "h2"}, {self.place(first), self.place(second)})
        self.turned_away([{"port": self.port()}], "rates removed 2")
        too_many = self.changed(f"qos/policies/{self.policy}/minimum_bandwidth_rules/{self.rule}", {
            "minimum_bandwidth_rule": {"min_kbps": 1001}})
        self.assertEqual((409, "QosPlacementAllocationUpdateConflict"), (
            too_many.status_int, too_many.json["NeutronError"]["type"]))
        enough = self.changed(f"qos/alias-minimum-bandwidth-rules/{self.rule}", {"alias_minimum_bandwidth_rule": {"min_kbps": 500}})
        self.assertEqual(200, enough.status_int)
        third = self.cloud.boot(networks=[{"port": self.port()}])
        self.cloud.remove(first)
        fourth = self.cloud.boot(networks=[{"port": self.port()}])
        self.assertEqual(["h1", "h2"], sorted({self.place(each) for each in (second, third, fourth)}))
        self.assertEqual([], self.cloud.settled_differences())

    def test_what_comes_later_is_refused_where_there_is_no_room(self) -> None:
        server = self.cloud.boot(networks=[{"port": self.port()}])
        attached = self.cloud.post(f"{V}/servers/{server}/os-interface", {"interfaceAttachment": {"port_id": self.port()}})
        self.assertEqual(409, attached.status_int, attached.text)
        plain = self.port(qos_policy_id=None)
        self.assertEqual(200, self.cloud.post(f"{V}/servers/{server}/os-interface", {
            "interfaceAttachment": {"port_id": plain}}).status_int)
        self.cloud.wait(server, "ACTIVE")
        self.assertEqual(409, self.changed(f"ports/{plain}", {"port": {"qos_policy_id": self.policy}}).status_int)
        self.assertEqual(409, self.changed(f"networks/{self.network}", {"network": {"qos_policy_id": self.policy}}).status_int)
        rates = f"qos/policies/{self.policy}/minimum_packet_rate_rules"
        body = {"minimum_packet_rate_rule": {"min_kpps": 11, "direction": "any"}}
        self.assertEqual(409, self.cloud.post(f"{N}/{rates}", body).status_int)
        body["minimum_packet_rate_rule"]["min_kpps"] = 10
        self.assertEqual(201, self.cloud.post(f"{N}/{rates}", body).status_int)

    def test_a_server_that_moves_has_its_promise_on_both_hosts(self) -> None:
        server = self.cloud.boot(networks=[{"port": self.port()}])
        self.cloud.act(server, {"migrate": None}, "VERIFY_RESIZE")
        self.turned_away([{"port": self.port()}], "rates removed 2")
        self.cloud.act(server, {"confirmResize": None}, "ACTIVE", 204)
        other = self.cloud.boot(networks=[{"port": self.port()}])
        self.assertEqual({"h1", "h2"}, {self.place(server), self.place(other)})

    def test_nothing_is_promised_of_a_wire_that_is_not_named(self) -> None:
        network = self.made("networks", "network", {"provider:network_type": "vlan", "provider:physical_network": "public",
                                                    "provider:segmentation_id": 8, "qos_policy_id": self.policy})
        self.made("subnets", "subnet", {"network_id": network, "cidr": "10.8.0.0/24", "ip_version": 4})
        self.turned_away([{"uuid": network}], "rates removed 2")
        self.assertEqual(204, self.cloud.request("DELETE", f"{N}/networks/{network}").status_int)


if __name__ == "__main__":
    unittest.main()
