"""Trunks over real rules and real SQL: ports that carry ports, and what hosts are told of them."""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network_host
from cumulo.network import desired
from tests.functional.test_network_api import NetworkApiCase


class TrunksTest(NetworkApiCase):
    """Trunks, and the ports that they carry."""

    def setUp(self) -> None:
        super().setUp()
        self.net, self.other = self.network(name="n")["id"], self.network(name="o")["id"]
        self.parent = self.port(self.net)["id"]

    def trunk(self, expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/trunks", {"trunk": {"port_id": self.parent, **values}}, expect=expect)
        return dict(answer.get("trunk") or answer["NeutronError"])

    def carried(self, number: int = 100, **values: Any) -> dict[str, Any]:
        port_id = self.port(self.other)["id"]
        return {"port_id": port_id, "segmentation_type": "vlan", "segmentation_id": number} | values

    def host(self, name: str, *types: str) -> None:
        with self.database.write() as connection:
            connection.execute(sa.insert(network_host).values(
                host=name, applied_revision=0, updated_at=1.0, types=["local", "vxlan", *types]))

    def bind(self, host: str) -> None:
        self.send("PUT", f"/ports/{self.parent}", {"port": {"binding:host_id": host}}, who="root", expect=200)

    def test_life(self) -> None:
        one = self.carried()
        made = self.trunk(name="t", description="d", sub_ports=[one])
        self.assertEqual(("t", "d", True, "DOWN", self.parent, [one], "one", []), tuple(made[name] for name in (
            "name", "description", "admin_state_up", "status", "port_id", "sub_ports", "project_id", "tags")))
        path = f"/trunks/{made['id']}"
        other = self.carried("200")
        added = self.send("PUT", f"{path}/add_subports", {"sub_ports": [other]}, expect=200)
        self.assertEqual([100, 200], [each["segmentation_id"] for each in added["sub_ports"]])
        self.assertEqual(2, len(self.send("GET", f"{path}/get_subports", expect=200)["sub_ports"]))
        details = self.send("GET", f"/ports/{self.parent}", expect=200)["port"]["trunk_details"]
        self.assertEqual(made["id"], details["trunk_id"])
        self.assertEqual({"port_id", "segmentation_type", "segmentation_id", "mac_address"}, set(details["sub_ports"][0]))
        held = self.send("GET", f"/ports/{one['port_id']}", expect=200)["port"]
        self.assertEqual(("trunk:subport", made["id"]), (held["device_owner"], held["device_id"]))
        self.assertNotIn("trunk_details", held)
        self.send("PUT", f"{path}/remove_subports", {"sub_ports": [{"port_id": other["port_id"]}]}, expect=200)
        self.assertEqual("", self.send("GET", f"/ports/{other['port_id']}")["port"]["device_owner"])
        self.assertEqual("m", self.send("PUT", path, {"trunk": {"name": "m"}}, expect=200)["trunk"]["name"])
        self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", "/trunks?name=m")["trunks"]])
        for who, status in (("bob", 404), ("eve", 403)):
            self.send("DELETE", path, who=who, expect=status)
        self.send("DELETE", path, expect=204)
        self.assertEqual("", self.send("GET", f"/ports/{one['port_id']}")["port"]["device_id"])
        self.refused(404, "TrunkNotFound", "GET", path)

    def test_a_port_is_of_one_trunk(self) -> None:
        one = self.carried()
        path = f"/trunks/{self.trunk(sub_ports=[one])['id']}"
        self.assertEqual("ParentPortInUse", self.trunk(409)["type"])
        self.assertEqual("TrunkPortInUse", self.trunk(409, port_id=one["port_id"])["type"])
        lone = self.port(self.net)["id"]
        self.assertEqual("TrunkPortInUse", self.trunk(409, port_id=lone, sub_ports=[one])["type"])
        self.assertEqual([], self.send("GET", "/trunks?port_id=" + lone)["trunks"], "all or nothing")
        self.refused(409, "PortInUseAsTrunkParent", "DELETE", f"/ports/{self.parent}")
        self.refused(409, "PortInUseAsSubPort", "DELETE", f"/ports/{one['port_id']}")
        self.refused(409, "PortInUseAsSubPort", "PUT", f"/ports/{one['port_id']}", {"port": {"device_id": ""}})
        self.send("PUT", f"/ports/{one['port_id']}", {"port": {"name": "free to change"}}, expect=200)
        self.refused(400, "InvalidInput", "PUT", f"/ports/{lone}", {"port": {"device_owner": "trunk:subport"}})
        for wish, status, kind in ((self.carried(), 409, "DuplicateSubPort"), (self.carried(5, segmentation_type="inherit"), 400, "InvalidInput"),
                                   ({"port_id": self.port(self.other)["id"]}, 400, "InvalidInput"),
                                   ({"port_id": "nothing"}, 404, "PortNotFound"),
                                   (self.carried(6, port_id=self.port(self.other, device_id="x")["id"]), 409, "PortInUse")):
            with self.subTest(wish):
                self.refused(status, kind, "PUT", f"{path}/add_subports", {"sub_ports": [wish]})
        self.refused(404, "SubPortNotFound", "PUT", f"{path}/remove_subports", {"sub_ports": [{"port_id": lone}]})
        self.send("PUT", path, {"trunk": {"admin_state_up": False}}, expect=200)
        for how in ("add", "remove"):
            self.refused(409, "TrunkDisabled", "PUT", f"{path}/{how}_subports", {"sub_ports": [self.carried(7)]})

    def test_larger_packets_do_not_fit(self) -> None:
        small = self.port(self.network(mtu=1000)["id"])["id"]
        self.assertEqual("SubPortMtuGreaterThanTrunkPortMtu", self.trunk(409, port_id=small, sub_ports=[self.carried()])["type"])

    def test_a_vlan_is_inherited(self) -> None:
        lies = {"provider:network_type": "vlan", "provider:physical_network": "physnet1", "provider:segmentation_id": 77,
                "shared": True, "mtu": 1400}
        held = self.port(self.network("root", **lies)["id"])["id"]
        made = self.trunk(sub_ports=[{"port_id": held, "segmentation_type": "inherit"}])
        self.assertEqual([("vlan", 77)], [(each["segmentation_type"], each["segmentation_id"]) for each in made["sub_ports"]])

    def test_a_host_that_carries_trunks(self) -> None:
        self.host("able", "trunk")
        self.send("GET", "/extensions/trunk", expect=200)
        one, made = self.carried(), self.trunk()
        path = f"/trunks/{made['id']}"
        self.bind("able")
        self.send("PUT", f"{path}/add_subports", {"sub_ports": [one]}, expect=200)
        self.assertEqual("BUILD", self.send("GET", path)["trunk"]["status"])
        with self.database.write() as connection:
            document = desired.desired(connection, "able", None)
            desired.applied(connection, 2.0, "able", document["revision"])
        networks = {each["id"]: each["ports"] for each in document["networks"]}
        self.assertEqual([{"port_id": one["port_id"], "network_id": self.other, "segmentation_id": 100}],
                         [each for port in networks[self.net] for each in port["sub_ports"]])
        self.assertEqual([(one["port_id"], True)], [(each["id"], each["is_here"]) for each in networks[self.other]])
        self.assertEqual("ACTIVE", self.send("GET", path)["trunk"]["status"])
        self.refused(409, "TrunkInUse", "DELETE", path)
        self.send("PUT", f"{path}/remove_subports", {"sub_ports": [one]}, expect=200)
        self.assertIn("network.able", self.bells.rung)
        self.assertEqual("DOWN", self.send("GET", f"/ports/{one['port_id']}")["port"]["status"])

    def test_a_host_that_does_not(self) -> None:
        self.host("plain")
        self.refused(404, "ExtensionNotFound", "GET", "/extensions/trunk")
        one = self.carried()
        path = f"/trunks/{self.trunk(sub_ports=[one])['id']}"
        self.bind("plain")
        with self.database.write() as connection:
            desired.applied(connection, 2.0, "plain", desired.desired(connection, "plain", None)["revision"])
        self.assertEqual("DOWN", self.send("GET", path)["trunk"]["status"])
        self.assertEqual("DOWN", self.send("GET", f"/ports/{one['port_id']}")["port"]["status"])
        self.bind("")
        self.send("DELETE", path, expect=204)

    def test_a_port_of_a_server_carries_nothing_more(self) -> None:
        self.bind("h1")
        self.assertEqual("ParentPortInUse", self.trunk(409)["type"])
        strange = self.port(self.network("bob")["id"], "bob")["id"]
        self.assertEqual("PortNotFound", self.trunk(404, port_id=strange)["type"])


if __name__ == "__main__":
    unittest.main()
