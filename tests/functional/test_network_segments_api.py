"""Segments, and networks that lie on several physical networks: real rules, real SQL."""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network_host
from cumulo.network import desired, ports, routed
from tests.functional.test_network_api import NetworkApiCase

PLACES = [{"provider:network_type": "vlan", "provider:physical_network": physical, "provider:segmentation_id": 7}
          for physical in ("physnet1", "public")]


class SegmentsTest(NetworkApiCase):
    """Two physical networks, and a host on each of them."""

    def setUp(self) -> None:
        super().setUp()
        with self.database.write() as connection:
            for host, wired in (("h1", ["physnet1"]), ("h2", ["public"]), ("h3", [])):
                connection.execute(sa.insert(network_host).values(
                    host=host, applied_revision=0, updated_at=1.0, types=["flat", "vlan"], wired=wired))

    def ask(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """What an administrator is answered."""
        return self.send(method, path, body, who="root", expect=expect)

    def two(self) -> tuple[str, list[dict[str, Any]]]:
        """A network on both, with its segments."""
        made = self.ask("POST", "/networks", {"network": {"segments": PLACES, "shared": True}}, expect=201)["network"]
        self.assertEqual(PLACES, sorted(made["segments"], key=lambda each: str(each["provider:physical_network"])))
        self.assertNotIn("provider:network_type", made)
        listed = self.ask("GET", f"/segments?network_id={made['id']}")["segments"]
        return made["id"], sorted(listed, key=lambda each: str(each["physical_network"]))

    def subnet_on(self, net: str, number: int, segment_id: str | None, expect: int = 201, **more: Any) -> Any:
        """A subnet of a segment."""
        answer = self.ask("POST", "/subnets", {"subnet": {
            "network_id": net, "ip_version": 4, "cidr": f"10.{number}.0.0/24", "segment_id": segment_id} | more}, expect)
        return answer.get("subnet") or answer["NeutronError"]["type"]

    def port_on(self, net: str, expect: int = 201, **more: Any) -> Any:
        """A port of it."""
        answer = self.ask("POST", "/ports", {"port": {"network_id": net} | more}, expect)
        return answer.get("port") or answer["NeutronError"]["type"]

    def test_segments_come_and_go(self) -> None:
        net = self.ask("POST", "/networks", {"network": PLACES[0]}, expect=201)["network"]["id"]
        first, = self.ask("GET", f"/segments?network_id={net}")["segments"]
        self.assertEqual(("vlan", "physnet1", 7, ""), tuple(first[name] for name in (
            "network_type", "physical_network", "segmentation_id", "name")))
        more = {"network_id": net, "network_type": "vlan", "physical_network": "public", "segmentation_id": 8, "name": "b"}
        made = self.ask("POST", "/segments", {"segment": more}, expect=201)["segment"]
        self.assertEqual(more, {name: made[name] for name in more})
        for body, status, kind in ((more, 409, "VlanIdInUse"), (more | {"segmentation_id": 9}, 400, "InvalidInput"),
                                   (more | {"network_type": "vxlan", "physical_network": None}, 400, "InvalidInput"),
                                   (more | {"network_id": "none"}, 404, "NetworkNotFound")):
            self.assertEqual(kind, self.ask("POST", "/segments", {"segment": body}, status)["NeutronError"]["type"])
        path = f"/segments/{made['id']}"
        changed = self.ask("PUT", path, {"segment": {"name": None, "description": "d"}})["segment"]
        self.assertEqual(("", "d", 2), tuple(changed[name] for name in ("name", "description", "revision_number")))
        self.send("GET", path, who="ann", expect=403)
        self.ask("DELETE", f"/segments/{first['id']}", expect=204)
        self.assertEqual("public", self.ask("GET", f"/networks/{net}")["network"]["provider:physical_network"])
        self.assertEqual("SegmentInUse", self.ask("DELETE", path, expect=409)["NeutronError"]["type"])
        self.ask("DELETE", f"/networks/{net}", expect=204)
        self.ask("GET", path, expect=404)

    def test_segments_of_a_new_network(self) -> None:
        for body in ({"segments": PLACES} | PLACES[0], {"segments": [PLACES[0], PLACES[0] | {"provider:segmentation_id": 9}]},
                     {"segments": [PLACES[0], {"provider:network_type": "vxlan"}]}):
            self.ask("POST", "/networks", {"network": body}, expect=400)
        self.send("POST", "/networks", {"network": {"segments": PLACES}}, expect=403)
        self.assertEqual([], self.ask("GET", "/networks")["networks"])
        net, _ = self.two()
        self.assertNotIn("segments", self.send("GET", f"/networks/{net}", expect=200)["network"])

    def test_a_host_has_its_segment(self) -> None:
        net, _ = self.two()
        self.subnet_on(net, 1, None)
        for host, physical in (("h1", "physnet1"), ("h2", "public")):
            self.assertEqual(1, len(self.port_on(net, 201, **{"binding:host_id": host})["fixed_ips"]))
            with self.database.read() as connection:
                sent, = desired.desired(connection, host, None)["networks"]
            self.assertEqual({"type": "vlan", "physical_network": physical, "segmentation_id": 7}, sent["provider"])
            self.assertFalse(sent["nat"])
        in_use = self.ask("GET", f"/segments?network_id={net}&physical_network=public")["segments"][0]["id"]
        self.ask("DELETE", f"/segments/{in_use}", expect=409)

    def test_addresses_follow_the_host(self) -> None:
        net, (one, two) = self.two()
        subnets = [self.subnet_on(net, number, each["id"])["id"] for number, each in ((1, one), (2, two))]
        self.assertEqual("SubnetsNotAllAssociatedWithSegments", self.subnet_on(net, 3, None, 400))
        waiting = self.port_on(net)
        self.assertEqual([], waiting["fixed_ips"])
        for host, subnet in zip(("h1", "h2"), subnets, strict=True):
            self.assertEqual([subnet], [each["subnet_id"] for each in self.port_on(net, 201, **{"binding:host_id": host})["fixed_ips"]])
        bound = self.ask("PUT", f"/ports/{waiting['id']}", {"port": {"binding:host_id": "h2"}})["port"]
        self.assertEqual([subnets[1]], [each["subnet_id"] for each in bound["fixed_ips"]])
        moved = self.ask("PUT", f"/ports/{waiting['id']}", {"port": {"binding:host_id": "h1"}}, 409)
        self.assertEqual("HostNotCompatibleWithFixedIps", moved["NeutronError"]["type"])
        self.assertEqual("HostNotConnectedToAnySegment", self.port_on(net, 409, **{"binding:host_id": "h3"}))
        chosen = self.port_on(net, fixed_ips=[{"subnet_id": subnets[0]}])
        self.assertEqual([subnets[0]], [each["subnet_id"] for each in chosen["fixed_ips"]])
        self.ask("DELETE", f"/segments/{one['id']}", expect=409)
        availability = self.ask("GET", f"/network-ip-availabilities/{net}")["network_ip_availability"]
        self.assertEqual(506, availability["total_ips"])

    def test_where_servers_can_be(self) -> None:
        both, _ = self.two()
        single = self.ask("POST", "/networks", {"network": PLACES[0] | {"provider:segmentation_id": 70}}, expect=201)["network"]["id"]
        routed_net = self.ask("POST", "/networks", {"network": {"segments": [
            each | {"provider:segmentation_id": 71} for each in PLACES]}}, expect=201)["network"]["id"]
        one, two = sorted(self.ask("GET", f"/segments?network_id={routed_net}")["segments"],
                          key=lambda each: str(each["physical_network"]))
        self.subnet_on(routed_net, 1, one["id"])
        for net, needed in ((both, [{"physnet1", "public"}]), (single, []), (routed_net, [{"physnet1"}])):
            self.assertEqual(needed, self.needed(self.port_on(net)["id"]))
        subnet = self.subnet_on(routed_net, 2, two["id"])["id"]
        self.assertEqual([{"physnet1", "public"}, {"public"}],
                         self.needed(self.port_on(routed_net, fixed_ips=[{"subnet_id": subnet}])["id"]))

    def needed(self, port_id: str) -> list[Any]:
        """What the host of a server with the port needs to be wired to."""
        with self.database.write() as connection:
            ports.join_device(connection, 1.0, port_id, device_id=port_id, device_owner="compute:nova", hostname="guest")
            return list(map(set, routed.needed_by(connection, port_id)))

    def test_who_routes_it(self) -> None:
        net, (one, _) = self.two()
        subnet = self.subnet_on(net, 1, one["id"])
        self.assertNotIn("segment_id", self.send("GET", f"/subnets/{subnet['id']}", expect=200)["subnet"])
        self.send("PUT", f"/subnets/{subnet['id']}", {"subnet": {"segment_id": None}}, expect=403)
        self.ask("PUT", f"/subnets/{subnet['id']}", {"subnet": {"segment_id": None}}, 400)
        self.assertEqual("SegmentNotFound", self.subnet_on(net, 4, "none", 404))
        self.assertEqual("InvalidInput", self.subnet_on(
            net, 4, one["id"], 400, ip_version=6, cidr="fd00::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac"))
        router = self.ask("POST", "/routers", {"router": {}}, expect=201)["router"]["id"]
        self.ask("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": subnet["id"]}, 400)
        other = self.ask("POST", "/networks", {"network": PLACES[0] | {"provider:segmentation_id": 70}}, expect=201)["network"]["id"]
        own, = self.ask("GET", f"/segments?network_id={other}")["segments"]
        self.assertEqual("NetworkIdsDontMatch", self.subnet_on(other, 5, one["id"], 400))
        late = self.subnet_on(other, 5, None)["id"]
        changed = self.ask("PUT", f"/subnets/{late}", {"subnet": {"segment_id": own["id"]}})["subnet"]
        self.assertEqual(own["id"], changed["segment_id"])


if __name__ == "__main__":
    unittest.main()
