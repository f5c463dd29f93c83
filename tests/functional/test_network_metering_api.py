"""What routers count, over real rules and real SQL, and what hosts are told of it."""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network_host
from cumulo.network import desired
from tests.functional.test_network_router_api import RouterCase

LABELS, RULES = "/metering/metering-labels", "/metering/metering-label-rules"


class MeteringTest(RouterCase):
    """Labels, their rules, and the routers that they count for."""

    def label(self, **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", LABELS, {"metering_label": {"project_id": "one"} | values}, who="root",
                                         expect=201)["metering_label"]
        return made

    def rule(self, label: str, expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", RULES, {"metering_label_rule": {
            "metering_label_id": label, "remote_ip_prefix": "10.0.0.9/8", **values}}, who="root", expect=expect)
        return dict(answer.get("metering_label_rule") or answer["NeutronError"])

    def test_labels_and_rules_come_and_go(self) -> None:
        made = self.label(name="l", description="d")
        self.assertEqual(("l", "d", False, "one"), tuple(made[name] for name in ("name", "description", "shared", "tenant_id")))
        rule = self.rule(made["id"], excluded=True)
        self.assertEqual(("10.0.0.0/8", "ingress", True, made["id"]), tuple(rule[name] for name in (
            "remote_ip_prefix", "direction", "excluded", "metering_label_id")))
        self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", LABELS + "?name=l")["metering_labels"]])
        for path, one in ((LABELS, made), (RULES, rule)):
            path += f"/{one['id']}"
            self.send("GET", path, expect=200)
            self.send("GET", path, who="bob", expect=404)
            self.send("DELETE", path, expect=403)
            self.send("PUT", path, {}, who="root", expect=405)
        self.refused(403, "PolicyNotAuthorized", "POST", LABELS, {"metering_label": {}})
        self.send("DELETE", f"{RULES}/{rule['id']}", who="root", expect=204)
        self.assertEqual([], self.send("GET", RULES, expect=200)["metering_label_rules"])
        self.rule(made["id"])
        self.send("DELETE", f"{LABELS}/{made['id']}", who="root", expect=204)
        self.refused(404, "MeteringLabelNotFound", "GET", f"{LABELS}/{made['id']}")
        self.assertEqual([], self.send("GET", RULES, who="root")["metering_label_rules"])

    def test_rules_that_cannot_be(self) -> None:
        made = self.label()["id"]
        self.rule(made)
        self.assertEqual("MeteringLabelRuleOverlaps", self.rule(made, 409, remote_ip_prefix="10.1.0.0/16")["type"])
        self.rule(made, direction="egress")
        self.rule(made, remote_ip_prefix="192.168.0.0/16")
        for values in ({"remote_ip_prefix": "10.0.0.0/99"}, {"remote_ip_prefix": None}, {"source_ip_prefix": "10.0.0.0/8"}):
            self.assertEqual("InvalidInput", self.rule(made, 400, **values)["type"])
        self.assertEqual("MeteringLabelNotFound", self.rule("nothing", 404)["type"])

    def test_hosts_learn_what_their_routers_count(self) -> None:
        net = self.network()["id"]
        subnet, router = self.subnet(net, "10.9.0.0/24")["id"], self.router()["id"]
        self.send("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": subnet}, expect=200)
        port = self.port(net)["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "h1"}}, who="root", expect=200)
        self.bells.rung.clear()
        made = self.label()["id"]
        self.rule(made)
        self.rule(self.label(project_id="two")["id"])
        self.assertEqual(["network.h1"] * 2, self.bells.rung, "another project's label is another's matter")
        with self.database.read() as connection:
            found, = desired.desired(connection, "h1", None)["routers"]
        self.assertEqual([made], [each["id"] for each in found["metering"]])
        self.assertEqual("10.0.0.0/8", found["metering"][0]["rules"][0]["remote_ip_prefix"])

    def test_it_is_offered_where_a_host_counts(self) -> None:
        self.refused(404, "ExtensionNotFound", "GET", "/extensions/metering")
        with self.database.write() as connection:
            connection.execute(sa.insert(network_host).values(host="h", applied_revision=0, updated_at=1.0, types=["metering"]))
        self.send("GET", "/extensions/metering", expect=200)


class CentralTest(RouterCase):
    """Routers that are not distributed, and those that do not move."""

    def setUp(self) -> None:
        super().setUp()
        with self.database.write() as connection:
            for host in ("a", "b"):
                connection.execute(sa.insert(network_host).values(host=host, applied_revision=0, updated_at=1.0, types=[]))

    def answers(self) -> list[str]:
        """The hosts that answer for the one floating address."""
        with self.database.read() as connection:
            return [host for host in ("a", "b", "c") for router in desired.desired(connection, host, None)["routers"]
                    for each in router["floating"] if each["is_here"]]

    def test_floating_addresses_are_answered_by_the_gateway(self) -> None:
        net = self.network()["id"]
        subnet = self.subnet(net, "10.9.0.0/24")["id"]
        made = self.send("POST", "/routers", {"router": {
            "distributed": False, "external_gateway_info": {"network_id": self.public}}}, who="root", expect=201)["router"]
        self.assertEqual((False, True), (made["distributed"], made["ha"]))
        path = f"/routers/{made['id']}"
        self.send("PUT", f"{path}/add_router_interface", {"subnet_id": subnet}, who="root", expect=200)
        port = self.port(net)["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "c"}}, who="root", expect=200)
        self.send("POST", "/floatingips", {"floatingip": {"floating_network_id": self.public, "port_id": port}}, expect=201)
        self.assertEqual(["a"], self.answers())
        self.send("PUT", path, {"router": {"distributed": True}}, who="root", expect=200)
        self.assertEqual(["c"], self.answers())

    def test_only_an_administrator_says_so(self) -> None:
        for name in ("distributed", "ha"):
            for value in (True, False):
                self.refused(403, "PolicyNotAuthorized", "POST", "/routers", {"router": {name: value}})
            self.send("POST", "/routers", {"router": {name: None}}, expect=201)
            self.assertNotIn(name, self.send("GET", "/routers")["routers"][0])
            self.assertTrue(self.send("GET", "/routers", who="root")["routers"][0][name])


if __name__ == "__main__":
    unittest.main()
