"""Hosts that ports may move to, over real rules and real SQL."""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import port
from cumulo.network import desired
from tests.functional.test_network_api import NetworkApiCase


class BindingsTest(NetworkApiCase):
    """Active and inactive bindings."""

    def setUp(self) -> None:
        super().setUp()
        self.net = self.network()["id"]
        self.subnet(self.net)
        self.held = self.port(self.net, device_owner="compute:elsewhere")["id"]
        self.path = f"/ports/{self.held}/bindings"

    def bind(self, host: str, expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", self.path, {"binding": {"host": host, **values}}, who="root", expect=expect)
        return dict(answer.get("binding") or answer["NeutronError"])

    def networks_on(self, host: str) -> list[str]:
        with self.database.read() as connection:
            return [each["id"] for each in desired.desired(connection, host, None)["networks"]]

    def statuses(self) -> dict[str, str]:
        return {each["host"]: each["status"] for each in self.send("GET", self.path, who="root", expect=200)["bindings"]}

    def test_a_port_moves_and_back(self) -> None:
        self.send("PUT", f"/ports/{self.held}", {"port": {"binding:host_id": "a"}}, who="root", expect=200)
        made = self.bind("b", profile={"k": "v"})
        self.assertEqual(("b", "INACTIVE", "unbound", {"k": "v"}, "one"), tuple(made[name] for name in (
            "host", "status", "vif_type", "profile", "project_id")))
        self.assertEqual([self.net], self.networks_on("b"), "its card finds the network there")
        self.assertIn("network.b", self.bells.rung)
        self.assertEqual("PortBindingAlreadyExists", self.bind("b", 409)["type"])
        self.assertEqual("PortBindingAlreadyExists", self.bind("a", 409)["type"])
        moved = self.send("PUT", f"{self.path}/b/activate", who="root", expect=200)["binding"]
        self.assertEqual(("ACTIVE", "bridge"), (moved["status"], moved["vif_type"]))
        self.assertEqual({"b": "ACTIVE", "a": "INACTIVE"}, self.statuses())
        self.refused(409, "PortBindingAlreadyActive", "PUT", f"{self.path}/b/activate", who="root")
        shown = self.send("GET", f"/ports/{self.held}", who="root")["port"]
        self.assertEqual(("b", {"k": "v"}, "BUILD"), (shown["binding:host_id"], shown["binding:profile"], shown["status"]))
        for host in ("a", "b"):
            self.send("PUT", f"{self.path}/{host}", {"binding": {"profile": {"new": host}}}, who="root", expect=200)
        self.send("DELETE", f"{self.path}/a", who="root", expect=204)
        self.assertEqual([], self.networks_on("a"))
        self.send("DELETE", f"{self.path}/b", who="root", expect=204)
        self.assertEqual({}, self.statuses())
        self.assertEqual("DOWN", self.send("GET", f"/ports/{self.held}")["port"]["status"])
        self.refused(404, "PortBindingNotFound", "DELETE", f"{self.path}/b", who="root")

    def test_what_does_not_move(self) -> None:
        lone = self.port(self.net)["id"]
        self.refused(400, "InvalidInput", "POST", f"/ports/{lone}/bindings", {"binding": {"host": "a"}}, who="root")
        self.send("GET", self.path, expect=403)
        self.send("POST", self.path, {"binding": {"host": "a"}}, expect=403)
        self.bind("a")
        with self.database.write() as connection:
            connection.execute(sa.update(port).where(port.c.id == self.held).values(hostname="server", device_id="s"))
        self.refused(409, "PortInUse", "PUT", f"{self.path}/a/activate", who="root")
        with self.database.write() as connection:
            connection.execute(sa.update(port).where(port.c.id == self.held).values(hostname="", device_id=""))
        self.send("DELETE", f"/ports/{self.held}", expect=204)
        self.refused(404, "PortNotFound", "GET", self.path, who="root")


if __name__ == "__main__":
    unittest.main()
