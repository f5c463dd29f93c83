"""Topologies that the cloud makes for projects, over real rules and real SQL."""

from __future__ import annotations

import unittest
from typing import Any

from tests.functional.test_network_api import NetworkApiCase

PATH = "/auto-allocated-topology/one"


class TopologyTest(NetworkApiCase):
    """A project that asks gets a network with a way out."""

    def prepare(self) -> str:
        """What topologies are made of."""
        outside = self.network("root", **{"router:external": True, "is_default": True})["id"]
        self.subnet(outside, "203.0.113.0/24", "root")
        for prefix, length in (("10.30.0.0/16", 26), ("fd30::/48", 64)):
            self.send("POST", "/subnetpools", {"subnetpool": {
                "prefixes": [prefix], "is_default": True, "default_prefixlen": length, "shared": True}}, who="root", expect=201)
        return outside

    def ask(self, who: str = "ann", path: str = PATH, expect: int = 200) -> dict[str, Any]:
        answer = self.send("GET", path, who=who, expect=expect)
        return dict(answer.get("auto_allocated_topology") or answer["NeutronError"])

    def test_it_is_made_once_and_goes_whole(self) -> None:
        outside = self.prepare()
        self.assertEqual("dry-run=pass", self.ask(path=f"{PATH}?fields=dry-run")["id"])
        self.assertEqual([], self.send("GET", "/routers")["routers"], "a dry run makes nothing")
        made = self.ask()
        self.assertEqual((made, "one"), (self.ask(), made["tenant_id"]))
        network = self.send("GET", f"/networks/{made['id']}")["network"]
        self.assertEqual(("auto_allocated_network", 2), (network["name"], len(network["subnets"])))
        router, = self.send("GET", "/routers")["routers"]
        self.assertEqual(outside, router["external_gateway_info"]["network_id"])
        port = self.port(made["id"])
        self.assertEqual(2, len(port["fixed_ips"]))
        self.refused(409, "NetworkInUse", "DELETE", PATH)
        self.send("DELETE", f"/ports/{port['id']}", expect=204)
        self.send("DELETE", PATH, expect=204)
        self.send("DELETE", PATH, expect=204)
        self.assertEqual([], self.send("GET", "/routers")["routers"])
        self.send("GET", f"/networks/{made['id']}", expect=404)

    def test_what_the_cloud_may_lack(self) -> None:
        self.assertEqual("AutoAllocationFailure", self.ask(expect=409)["type"])
        outside = self.network("root", **{"router:external": True, "is_default": True})["id"]
        self.assertIn("subnetpools", self.ask(path=f"{PATH}?fields=dry-run", expect=409)["message"])
        self.refused(409, "DefaultExternalNetworkExists", "POST", "/networks", {"network": {
            "router:external": True, "is_default": True}}, who="root")
        other = self.network("root", **{"router:external": True})["id"]
        self.refused(409, "DefaultExternalNetworkExists", "PUT", f"/networks/{other}", {"network": {"is_default": True}}, who="root")
        self.send("PUT", f"/networks/{outside}", {"network": {"is_default": True}}, who="root", expect=200)

    def test_it_is_the_projects_own(self) -> None:
        self.prepare()
        self.assertEqual("PolicyNotAuthorized", self.ask("bob", expect=403)["type"])
        self.assertEqual("PolicyNotAuthorized", self.ask("eve", expect=403)["type"])
        self.send("DELETE", PATH, who="bob", expect=403)
        self.ask("root")
        for method in ("GET", "DELETE"):
            self.refused(404, "ProjectNotFound", method, "/auto-allocated-topology/unknown", who="root")

    def test_its_parts_may_be_deleted_one_by_one(self) -> None:
        self.prepare()
        made = self.ask()
        router, = self.send("GET", "/routers")["routers"]
        for subnet in self.send("GET", f"/networks/{made['id']}")["network"]["subnets"]:
            self.send("PUT", f"/routers/{router['id']}/remove_router_interface", {"subnet_id": subnet}, expect=200)
        self.send("DELETE", f"/routers/{router['id']}", expect=204)
        self.send("DELETE", f"/networks/{made['id']}", expect=204)
        self.assertNotEqual(made["id"], self.ask()["id"])


if __name__ == "__main__":
    unittest.main()
