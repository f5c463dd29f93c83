"""Networks and routers on the hosts of agents, over real rules and real SQL."""

from __future__ import annotations

import unittest

import sqlalchemy as sa

from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.network import network_host
from cumulo.network import agents, desired, gateways
from tests.functional.test_network_router_api import RouterCase


def role(host: str, name: str = agents.ROUTING) -> str:
    """The path of one role of a host's agent."""
    return f"/agents/{agents.role_id(f'agent-{host}', name)}"


class SchedulingTest(RouterCase):
    """Three hosts, an agent each; the last reaches no external network."""

    def setUp(self) -> None:
        super().setUp()
        with self.database.write() as connection:
            now = self.database.now(connection)
            for host in "abc":
                connection.execute(sa.insert(service_status).values(
                    id=f"agent-{host}", host=host, kind="network", started_at=now, last_seen=now, facts={}))
                connection.execute(sa.insert(network_host).values(
                    host=host, applied_revision=0, updated_at=now, types=[], wired=[] if host == "c" else ["physnet1"]))
        self.outside = self.network("root", **{
            "router:external": True, "provider:network_type": "flat", "provider:physical_network": "physnet1"})["id"]
        self.subnet(self.outside, "198.51.100.0/24", "root", enable_dhcp=False)

    def agents_of(self, path: str) -> list[tuple[str, str]]:
        listed = self.send("GET", path, who="root", expect=200)["agents"]
        return [(each["host"], each.get("ha_state", "")) for each in listed]

    def test_agents_that_are_gone_are_forgotten(self) -> None:
        net = self.network()["id"]
        port = self.port(net)["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "c"}}, who="root", expect=200)
        self.send("DELETE", role("c"), expect=403)
        self.refused(409, "AgentInUse", "DELETE", role("c"), who="root")
        with self.database.write() as connection:
            connection.execute(sa.update(service_status).values(last_seen=1.0))
        self.refused(409, "AgentInUse", "DELETE", role("c"), who="root")
        self.send("DELETE", f"/ports/{port}", expect=204)
        self.send("DELETE", role("c"), who="root", expect=204)
        self.assertEqual({"a", "b"}, {host for host, _ in self.agents_of("/agents")})
        self.send("DELETE", role("c", agents.DHCP), who="root", expect=404)

    def test_a_network_on_a_host_that_has_nothing_of_it(self) -> None:
        net = self.network()["id"]
        self.subnet(net, "10.9.0.0/24", enable_dhcp=False)
        serving, placed = f"/networks/{net}/dhcp-agents", f"{role('a', agents.DHCP)}/dhcp-networks"
        self.assertEqual([], self.agents_of(serving))
        self.send("POST", placed, {"network_id": net}, who="root", expect=201)
        self.assertEqual([("a", "")], self.agents_of(serving))
        self.assertIn("network.a", self.bells.rung)
        with self.database.read() as connection:
            self.assertEqual([net], [each["id"] for each in desired.desired(connection, "a", None)["networks"]])
        self.refused(409, "NetworkHostedByDHCPAgent", "POST", placed, {"network_id": net}, who="root")
        self.assertIn(net, [each["id"] for each in self.send("GET", placed, who="root", expect=200)["networks"]])
        port = self.port(net)["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "b"}}, who="root", expect=200)
        self.assertEqual([("a", "")], self.agents_of(serving), "b has it, but serves no DHCP")
        self.refused(409, "NetworkNotHostedByDhcpAgent", "DELETE", f"{role('b', agents.DHCP)}/dhcp-networks/{net}", who="root")
        self.send("DELETE", f"{placed}/{net}", who="root", expect=204)
        self.assertEqual([], self.agents_of(serving), "nothing of it is at a, and b serves no DHCP")
        self.send("POST", placed, {"network_id": net}, who="root", expect=201)
        self.send("DELETE", f"/ports/{port}", expect=204)
        self.send("DELETE", f"/networks/{net}", expect=204)

    def test_whoever_gets_the_first_port_serves_dhcp(self) -> None:
        net = self.network()["id"]
        self.subnet(net, "10.9.0.0/24")
        self.send("PUT", role("c"), {"agent": {"admin_state_up": False}}, who="root", expect=200)
        self.assertEqual([("a", ""), ("b", "")], self.agents_of(f"/networks/{net}/dhcp-agents"))
        for host, serves in (("a", True), ("b", True), ("c", False)):
            listed = self.send("GET", f"{role(host, agents.DHCP)}/dhcp-networks", who="root", expect=200)["networks"]
            self.assertEqual(serves, net in [each["id"] for each in listed])
        self.send("PUT", f"/ports/{self.port(net)['id']}", {"port": {"binding:host_id": "b"}}, who="root", expect=200)
        self.assertEqual([("b", "")], self.agents_of(f"/networks/{net}/dhcp-agents"))
        listed = self.send("GET", f"{role('a', agents.DHCP)}/dhcp-networks", who="root", expect=200)["networks"]
        self.assertNotIn(net, [each["id"] for each in listed])

    def test_a_gateway_is_moved(self) -> None:
        router = self.router(external_gateway_info={"network_id": self.outside})["id"]
        path, on_b = f"/routers/{router}/l3-agents", f"{role('b')}/l3-routers"
        self.assertEqual([("a", "active"), ("b", "standby")], self.agents_of(path))
        self.send("POST", on_b, {"router_id": router}, who="root", expect=201)
        self.assertEqual([("b", "active"), ("a", "standby")], self.agents_of(path))
        self.assertLessEqual({"network.a", "network.b"}, set(self.bells.rung))
        self.assertEqual([router], [each["id"] for each in self.send("GET", on_b, who="root")["routers"]])
        self.refused(409, "RouterHostedByL3Agent", "POST", on_b, {"router_id": router}, who="root")
        self.refused(409, "InvalidL3Agent", "POST", f"{role('c')}/l3-routers", {"router_id": router}, who="root")
        self.refused(409, "RouterNotHostedByL3Agent", "DELETE", f"{role('c')}/l3-routers/{router}", who="root")
        lone = self.router()["id"]
        self.refused(409, "RouterNotHosted", "POST", on_b, {"router_id": lone}, who="root")

    def test_a_gateway_is_taken_away_and_stays_away(self) -> None:
        router = self.router(external_gateway_info={"network_id": self.outside})["id"]
        path, on_a, on_b = f"/routers/{router}/l3-agents", f"{role('a')}/l3-routers", f"{role('b')}/l3-routers"
        self.send("DELETE", f"{on_a}/{router}", who="root", expect=204)
        self.assertEqual([("b", "active")], self.agents_of(path))
        self.send("DELETE", f"{on_b}/{router}", who="root", expect=204)
        with self.database.write() as connection:
            self.assertEqual({}, gateways.move(connection, ""), "the scheduler gives it to nobody")
            self.assertEqual([], gateways.hosts_in_use(connection))
        self.assertEqual([], self.agents_of(path))
        self.refused(409, "RouterNotHostedByL3Agent", "DELETE", f"{on_b}/{router}", who="root")
        self.send("POST", on_a, {"router_id": router}, who="root", expect=201)
        self.assertEqual([("a", "active")], self.agents_of(path))
        with self.database.write() as connection:
            self.assertEqual({}, gateways.move(connection, "a"), "b is kept away still")
        self.send("PUT", f"/routers/{router}", {"router": {"external_gateway_info": None}}, expect=200)
        self.send("PUT", f"/routers/{router}", {"router": {"external_gateway_info": {"network_id": self.outside}}}, expect=200)
        self.assertEqual([("a", "active"), ("b", "standby")], self.agents_of(path), "another way out, another matter")

    def test_a_floating_address_is_down_while_nobody_answers(self) -> None:
        router = self.send("POST", "/routers", {"router": {
            "distributed": False, "project_id": "ann", "external_gateway_info": {"network_id": self.outside}}}, who="root",
            expect=201)["router"]["id"]
        self.send("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": self.sub}, who="root", expect=200)
        floating = self.send("POST", "/floatingips", {"floatingip": {
            "floating_network_id": self.outside, "port_id": self.port(self.net)["id"]}}, who="root", expect=201)["floatingip"]
        self.assertEqual("ACTIVE", floating["status"])
        for host in "ab":
            self.send("DELETE", f"{role(host)}/l3-routers/{router}", who="root", expect=204)
        path = f"/floatingips/{floating['id']}"
        self.assertEqual("DOWN", self.send("GET", path, who="root", expect=200)["floatingip"]["status"])
        self.send("POST", f"{role('b')}/l3-routers", {"router_id": router}, who="root", expect=201)
        self.assertEqual("ACTIVE", self.send("GET", path, who="root", expect=200)["floatingip"]["status"])

    def test_one_agent_is_shown_in_each_of_its_roles(self) -> None:
        for wanted, host in (("DHCP Agent", "a"), ("L3 agent", "b"), ("metadata agent", "c"), ("Linux bridge agent", "a")):
            found = self.send("GET", f"/agents?agent_type={wanted.replace(' ', '%20')}", who="root", expect=200)["agents"]
            self.assertEqual(["a", "b", "c"], [each["host"] for each in sorted(found, key=lambda each: str(each["host"]))])
            shown = next(each for each in found if each["host"] == host)
            self.assertEqual(shown, self.send("GET", f"/agents/{shown['id']}", who="root", expect=200)["agent"])
            self.assertTrue(shown["alive"] and shown["admin_state_up"])
        self.assertEqual([], self.send("GET", f"{role('a')}/dhcp-networks", who="root", expect=200)["networks"])
        self.refused(409, "InvalidDHCPAgent", "POST", f"{role('a')}/dhcp-networks", {"network_id": self.outside}, who="root")
        self.refused(409, "InvalidL3Agent", "POST", f"{role('a', agents.DHCP)}/l3-routers", {"router_id": "r"}, who="root")

    def test_a_host_that_gets_nothing(self) -> None:
        changed = self.send("PUT", role("a"), {"agent": {"admin_state_up": False}}, who="root", expect=200)["agent"]
        self.assertFalse(changed["admin_state_up"])
        router = self.router(external_gateway_info={"network_id": self.outside})["id"]
        self.assertEqual([("b", "active")], self.agents_of(f"/routers/{router}/l3-agents"))
        placed = f"{role('a', agents.DHCP)}/dhcp-networks"
        self.refused(409, "InvalidDHCPAgent", "POST", placed, {"network_id": self.outside}, who="root")

    def test_it_is_the_administrators(self) -> None:
        for method, path in (("GET", "/networks/n/dhcp-agents"), ("GET", f"{role('a')}/l3-routers"), ("PUT", role("a")),
                             ("POST", f"{role('a')}/dhcp-networks"), ("DELETE", f"{role('a')}/l3-routers/r")):
            self.send(method, path, {} if method in ("PUT", "POST") else None, expect=403)
        self.refused(404, "AgentNotFound", "GET", "/agents/nobody/l3-routers", who="root")


if __name__ == "__main__":
    unittest.main()
