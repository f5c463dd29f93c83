"""Routers, floating addresses, forwarded ports, subnet pools, quotas and tags: over real rules and real SQL."""

from __future__ import annotations

import unittest
from typing import Any

from cumulo.network import desired, revisions
from tests.functional.test_network_api import NetworkApiCase

OUTSIDE = "203.0.113.0/24"


class RouterCase(NetworkApiCase):
    """A network that leads outside, and one of a user's own."""

    def setUp(self) -> None:
        super().setUp()
        self.public = self.network("root", **{"router:external": True})["id"]
        self.subnet(self.public, OUTSIDE, who="root", enable_dhcp=False)
        self.net = self.network(name="inside")["id"]
        self.sub = self.subnet(self.net)["id"]

    def router(self, who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/routers", {"router": values}, who=who, expect=201)["router"]
        return made

    def way_out(self, **more: Any) -> dict[str, Any]:
        """A router between the user's network and the outside."""
        made = self.router(name="r", external_gateway_info={"network_id": self.public}, **more)
        self.send("PUT", f"/routers/{made['id']}/add_router_interface", {"subnet_id": self.sub}, expect=200)
        return made

    def floating(self, who: str = "ann", expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/floatingips", {"floatingip": {"floating_network_id": self.public, **values}},
                           who=who, expect=expect)
        return dict(answer.get("floatingip") or answer["NeutronError"])


class RoutersTest(RouterCase):
    """Routers and their doors."""

    def test_a_router_comes_changes_and_goes(self) -> None:
        made = self.router(name="r", description="d")
        self.assertEqual(("ACTIVE", None, []), tuple(made[name] for name in ("status", "external_gateway_info", "routes")))
        path = f"/routers/{made['id']}"
        changed = self.send("PUT", path, {"router": {"name": "s", "admin_state_up": False}}, expect=200)["router"]
        self.assertEqual(("s", False), (changed["name"], changed["admin_state_up"]))
        self.send("PUT", path, {"router": {"distributed": False}}, expect=403)
        self.send("PUT", path, {"router": {"distributed": True, "ha": None}}, expect=200)
        self.send("GET", path, who="bob", expect=404)
        self.send("PUT", path, {"router": {"name": "x"}}, who="eve", expect=403)
        self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", "/routers?name=s")["routers"]])
        self.send("DELETE", path, expect=204)
        self.send("DELETE", path, expect=404)

    def test_the_way_out(self) -> None:
        made = self.router(external_gateway_info={"network_id": self.public})
        info = made["external_gateway_info"]
        self.assertEqual((self.public, True), (info["network_id"], info["enable_snat"]))
        self.assertEqual(1, len(info["external_fixed_ips"]))
        path = f"/routers/{made['id']}"
        gateway = self.send("GET", f"/ports?device_id={made['id']}", who="root")["ports"][0]
        self.assertEqual(("network:router_gateway", "ACTIVE", ""), tuple(gateway[name] for name in (
            "device_owner", "status", "project_id")))
        self.refused(409, "ServicePortInUse", "DELETE", f"/ports/{gateway['id']}", who="root")
        self.refused(403, "PolicyNotAuthorized", "PUT", path, {"router": {"external_gateway_info": {
            "network_id": self.public, "enable_snat": False}}})
        off = self.send("PUT", path, {"router": {"external_gateway_info": {
            "network_id": self.public, "enable_snat": False,
            "external_fixed_ips": [{"ip_address": "203.0.113.77"}]}}}, who="root", expect=200)
        self.assertEqual((False, "203.0.113.77"), (
            off["router"]["external_gateway_info"]["enable_snat"],
            off["router"]["external_gateway_info"]["external_fixed_ips"][0]["ip_address"]))
        cleared = self.send("PUT", path, {"router": {"external_gateway_info": {}}}, expect=200)["router"]
        self.assertIsNone(cleared["external_gateway_info"])
        self.assertEqual([], self.send("GET", f"/ports?device_id={made['id']}", who="root")["ports"])
        self.refused(400, "BadRequest", "PUT", path, {"router": {"external_gateway_info": {"network_id": self.net}}})
        self.refused(404, "NetworkNotFound", "PUT", path, {"router": {"external_gateway_info": {"network_id": "x"}}})

    def test_doors(self) -> None:
        made = self.router()
        path = f"/routers/{made['id']}"
        added = self.send("PUT", f"{path}/add_router_interface", {"subnet_id": self.sub}, expect=200)
        self.assertEqual(self.sub, added["subnet_id"])
        door = self.send("GET", f"/ports/{added['port_id']}", expect=200)["port"]
        self.assertEqual(("10.0.0.1", "network:router_interface"), (
            door["fixed_ips"][0]["ip_address"], door["device_owner"]))
        self.refused(400, "BadRequest", "PUT", f"{path}/add_router_interface", {"subnet_id": self.sub})
        twin = self.subnet(self.network()["id"], "10.0.0.128/25")["id"]
        self.refused(400, "BadRequest", "PUT", f"{path}/add_router_interface", {"subnet_id": twin})
        self.refused(409, "RouterInUse", "DELETE", path)
        self.refused(409, "ServicePortInUse", "DELETE", f"/ports/{door['id']}")
        self.refused(409, "ServicePortInUse", "PUT", f"/ports/{door['id']}", {"port": {"device_id": "other"}})
        for bad in ({}, {"subnet_id": self.sub, "port_id": door["id"]}):
            self.send("PUT", f"{path}/add_router_interface", bad, expect=400)
        self.refused(404, "RouterInterfaceNotFoundForSubnet", "PUT", f"{path}/remove_router_interface",
                     {"subnet_id": twin})
        self.refused(404, "RouterInterfaceNotFound", "PUT", f"{path}/remove_router_interface", {"port_id": twin})
        self.send("PUT", f"{path}/remove_router_interface", {"port_id": door["id"]}, expect=200)
        self.send("GET", f"/ports/{door['id']}", expect=404)
        self.send("DELETE", path, expect=204)

    def test_a_port_becomes_a_door(self) -> None:
        made, port = self.router(), self.port(self.net)
        path = f"/routers/{made['id']}"
        strange = self.network("bob")["id"]
        self.subnet(strange, "10.50.0.0/24", who="bob")
        foreign = self.port(strange, who="bob")
        self.refused(404, "PortNotFound", "PUT", f"{path}/add_router_interface", {"port_id": foreign["id"]})
        self.send("PUT", f"{path}/add_router_interface", {"port_id": port["id"]}, expect=200)
        self.refused(409, "PortInUse", "PUT", f"/routers/{self.router()['id']}/add_router_interface",
                     {"port_id": port["id"]})
        more = self.subnet(self.net, "10.1.0.0/24")["id"]
        wish = [{"subnet_id": self.sub}, {"subnet_id": more, "ip_address": "10.1.0.1"}]
        changed = self.send("PUT", f"/ports/{port['id']}", {"port": {"fixed_ips": wish}}, expect=200)["port"]
        self.assertEqual({self.sub, more}, {each["subnet_id"] for each in changed["fixed_ips"]})
        left = self.send("PUT", f"{path}/remove_router_interface", {"subnet_id": more}, expect=200)
        self.assertEqual([more], left["subnet_ids"])
        self.assertEqual([self.sub], [each["subnet_id"] for each in self.send("GET", f"/ports/{port['id']}")["port"][
            "fixed_ips"]])

    def test_nobody_poses_as_a_door(self) -> None:
        made = self.router("bob")
        self.refused(400, "InvalidInput", "POST", "/ports", {"port": {
            "network_id": self.net, "device_owner": "network:router_interface", "device_id": made["id"]}})

    def test_extra_routes(self) -> None:
        made = self.way_out()
        path = f"/routers/{made['id']}"
        route = {"destination": "10.200.0.0/16", "nexthop": "10.0.0.99"}
        changed = self.send("PUT", path, {"router": {"routes": [route]}}, expect=200)["router"]
        self.assertEqual([route], changed["routes"])
        other = {"destination": "10.201.0.0/16", "nexthop": "10.0.0.98"}
        added = self.send("PUT", f"{path}/add_extraroutes", {"router": {"routes": [other, route]}}, expect=200)
        self.assertEqual([route, other], added["router"]["routes"])
        taken = self.send("PUT", f"{path}/remove_extraroutes", {"router": {"routes": [route]}}, expect=200)
        self.assertEqual([other], taken["router"]["routes"])
        self.refused(409, "RouterInterfaceInUseByRoute", "PUT", f"{path}/remove_router_interface",
                     {"subnet_id": self.sub})
        for bad in ({"destination": "10.9.0.0/16", "nexthop": "192.0.2.1"},
                    {"destination": "10.9.0.0/16", "nexthop": "10.0.0.1"}):
            self.refused(400, "InvalidRoutes", "PUT", path, {"router": {"routes": [bad]}})
        self.refused(400, "InvalidInput", "PUT", path, {"router": {"routes": [
            {"destination": "10.9.0.0/16", "nexthop": "fd00::1"}]}})
        self.assertEqual([], self.send("PUT", path, {"router": {"routes": None}}, expect=200)["router"]["routes"])


class FloatingTest(RouterCase):
    """Addresses that stand for others."""

    def test_an_address_stands_for_a_port_and_for_another(self) -> None:
        router, ports = self.way_out(), [self.port(self.net) for _ in range(2)]
        made = self.floating(port_id=ports[0]["id"])
        self.assertEqual((ports[0]["id"], ports[0]["fixed_ips"][0]["ip_address"], router["id"], "ACTIVE"), tuple(
            made[name] for name in ("port_id", "fixed_ip_address", "router_id", "status")))
        self.assertEqual(self.net, made["port_details"]["network_id"])
        path = f"/floatingips/{made['id']}"
        moved = self.send("PUT", path, {"floatingip": {"port_id": ports[1]["id"], "description": "m"}}, expect=200)
        self.assertEqual((ports[1]["id"], "m"), (moved["floatingip"]["port_id"], moved["floatingip"]["description"]))
        self.assertEqual("FloatingIPPortAlreadyAssociated", self.floating(
            expect=409, port_id=ports[1]["id"])["type"])
        self.refused(409, "RouterInterfaceInUseByFloatingIP", "PUT", f"/routers/{router['id']}/remove_router_interface",
                     {"subnet_id": self.sub})
        self.refused(409, "RouterExternalGatewayInUseByFloatingIp", "PUT", f"/routers/{router['id']}",
                     {"router": {"external_gateway_info": None}})
        self.send("DELETE", f"/ports/{ports[1]['id']}", expect=204)
        freed = self.send("GET", path, expect=200)["floatingip"]
        self.assertEqual((None, None, None, "DOWN"), tuple(freed[name] for name in (
            "port_id", "fixed_ip_address", "router_id", "status")))
        self.send("PUT", path, {"floatingip": {"port_id": ports[0]["id"]}}, expect=200)
        self.send("PUT", f"/ports/{ports[0]['id']}", {"port": {"fixed_ips": [{"ip_address": "10.0.0.99"}]}}, expect=200)
        self.assertIsNone(self.send("GET", path)["floatingip"]["port_id"])
        self.send("PUT", path, {"floatingip": {"port_id": None}}, expect=200)
        self.send("GET", path, who="bob", expect=404)
        self.send("DELETE", path, who="eve", expect=403)
        self.send("DELETE", path, expect=204)
        self.assertEqual([], self.send("GET", "/floatingips")["floatingips"])

    def test_an_address_follows_a_policy_of_quality(self) -> None:
        policy = self.send("POST", "/qos/policies", {"policy": {"name": "slow"}}, expect=201)["policy"]["id"]
        limits = f"/qos/policies/{policy}/bandwidth_limit_rules"
        limit = self.send("POST", limits, {"bandwidth_limit_rule": {"max_kbps": 800}}, expect=201)["bandwidth_limit_rule"]["id"]
        router, port = self.way_out()["id"], self.port(self.net)["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "h"}}, who="root", expect=200)
        made = self.floating(port_id=port, qos_policy_id=policy)

        def told() -> Any:
            with self.database.read() as connection:
                sent, = desired.desired(connection, "h", None)["routers"]
            return sent["floating"][0]["qos"]

        self.assertEqual((policy, {"egress": {"max_kbps": 800, "max_burst_kbps": 0}}), (made["qos_policy_id"], told()))
        with self.database.read() as connection:
            seen = revisions.current(connection)
        self.send("PUT", f"{limits}/{limit}", {"bandwidth_limit_rule": {"max_kbps": 900}}, expect=200)
        with self.database.read() as connection:
            news = desired.desired(connection, "h", seen, {"networks": [self.net, self.public], "routers": [router],
                                                           "groups": [], "prefixes": []})
        self.assertEqual([900], [each["floating"][0]["qos"]["egress"]["max_kbps"] for each in news["routers"]])
        self.refused(409, "QosPolicyInUse", "DELETE", f"/qos/policies/{policy}")
        path = f"/floatingips/{made['id']}"
        self.refused(404, "QosPolicyNotFound", "PUT", path, {"floatingip": {"qos_policy_id": "strange"}})
        changed = self.send("PUT", path, {"floatingip": {"qos_policy_id": None}}, expect=200)["floatingip"]
        self.assertEqual((None, port, {}), (changed["qos_policy_id"], changed["port_id"], told()))

    def test_what_cannot_be_stood_for(self) -> None:
        port = self.port(self.net)
        self.assertEqual("ExternalGatewayForFloatingIPNotFound", self.floating(expect=404, port_id=port["id"])["type"])
        self.way_out()
        self.assertEqual("PortNotFound", self.floating(expect=404, port_id="nothing")["type"])
        self.assertEqual("BadRequest", self.floating(expect=400, fixed_ip_address="10.0.0.9")["type"])
        self.assertEqual("BadRequest", self.floating(
            expect=400, port_id=port["id"], fixed_ip_address="10.0.0.9")["type"])
        two = self.port(self.net, fixed_ips=[{"ip_address": "10.0.0.70"}, {"ip_address": "10.0.0.71"}])
        self.assertEqual("BadRequest", self.floating(expect=400, port_id=two["id"])["type"])
        made = self.floating(port_id=two["id"], fixed_ip_address="10.0.0.71")
        self.assertEqual("10.0.0.71", made["fixed_ip_address"])
        self.assertEqual("BadRequest", self.floating(expect=400, floating_network_id=self.net)["type"])
        self.assertEqual("NetworkNotFound", self.floating(expect=404, floating_network_id="nothing")["type"])

    def test_an_address_of_ones_own_choice_is_the_administrators(self) -> None:
        self.assertEqual("PolicyNotAuthorized", self.floating(expect=403, floating_ip_address="203.0.113.9")["type"])
        made = self.floating("root", floating_ip_address="203.0.113.9")
        self.assertEqual("203.0.113.9", made["floating_ip_address"])
        self.assertEqual("IpAddressInUse", self.floating("root", expect=409, floating_ip_address="203.0.113.9")["type"])

    def test_forwarded_ports(self) -> None:
        router, port, made = self.way_out(), self.port(self.net), self.floating()
        path = f"/floatingips/{made['id']}/port_forwardings"
        wish = {"protocol": "tcp", "external_port": 2222, "internal_port": 22, "internal_port_id": port["id"]}
        one = self.send("POST", path, {"port_forwarding": wish}, expect=201)["port_forwarding"]
        self.assertEqual(port["fixed_ips"][0]["ip_address"], one["internal_ip_address"])
        self.refused(409, "PortForwardingAlreadyExists", "POST", path, {"port_forwarding": wish})
        shown = self.send("GET", f"/floatingips/{made['id']}")["floatingip"]
        self.assertEqual((router["id"], [2222]), (
            shown["router_id"], [each["external_port"] for each in shown["port_forwardings"]]))
        self.refused(409, "FipInUseByPortForwarding", "PUT", f"/floatingips/{made['id']}",
                     {"floatingip": {"port_id": port["id"]}})
        changed = self.send("PUT", f"{path}/{one['id']}", {"port_forwarding": {"external_port": 2223}}, expect=200)
        self.assertEqual(2223, changed["port_forwarding"]["external_port"])
        self.assertEqual([one["id"]], [each["id"] for each in self.send("GET", path)["port_forwardings"]])
        self.send("GET", f"{path}/{one['id']}", expect=200)
        self.send("GET", path, who="bob", expect=404)
        self.send("DELETE", f"{path}/{one['id']}", expect=204)
        self.assertIsNone(self.send("GET", f"/floatingips/{made['id']}")["floatingip"]["router_id"])
        self.send("POST", path, {"port_forwarding": wish}, expect=201)
        self.send("DELETE", f"/ports/{port['id']}", expect=204)
        self.assertEqual([], self.send("GET", path)["port_forwardings"])
        whole = self.floating(port_id=self.port(self.net)["id"])
        self.refused(409, "PortHasBindingFloatingIP", "POST", f"/floatingips/{whole['id']}/port_forwardings",
                     {"port_forwarding": wish | {"internal_port_id": whole["port_id"]}})


class SubnetPoolsTest(NetworkApiCase):
    """Prefixes that subnets are cut from."""

    def pool(self, who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/subnetpools", {"subnetpool": {"prefixes": ["10.10.0.0/16"], **values}},
                                         who=who, expect=201)["subnetpool"]
        return made

    def cut(self, pool_id: str, expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/subnets", {"subnet": {
            "network_id": self.network()["id"], "ip_version": 4, "subnetpool_id": pool_id, **values}}, expect=expect)
        return dict(answer.get("subnet") or answer["NeutronError"])

    def test_subnets_are_cut_one_beside_another(self) -> None:
        made = self.pool(default_prefixlen=24, min_prefixlen="20", max_prefixlen=26, name="p")
        self.assertEqual((24, 20, 26, 4, False), tuple(made[name] for name in (
            "default_prefixlen", "min_prefixlen", "max_prefixlen", "ip_version", "is_default")))
        self.assertEqual(["10.10.0.0/24", "10.10.1.0/26", "10.10.2.0/24", "10.10.16.0/20"], [
            self.cut(made["id"], **more)["cidr"] for more in ({}, {"prefixlen": 26}, {"prefixlen": 24}, {"prefixlen": 20})])
        self.assertEqual("10.10.1.64/26", self.cut(made["id"], prefixlen=26)["cidr"])
        self.assertEqual("10.10.9.0/24", self.cut(made["id"], cidr="10.10.9.0/24")["cidr"])
        for status, kind, more in ((409, "SubnetAllocationError", {"cidr": "10.10.9.0/24"}),
                                   (409, "SubnetAllocationError", {"cidr": "10.11.0.0/24"}),
                                   (400, "MinPrefixSubnetAllocationError", {"prefixlen": 19}),
                                   (400, "MaxPrefixSubnetAllocationError", {"prefixlen": 27}),
                                   (404, "SubnetPoolNotFound", {"subnetpool_id": "nothing"}),
                                   (400, "BadRequest", {"subnetpool_id": None})):
            with self.subTest(more):
                self.assertEqual(kind, self.cut(made["id"], expect=status, **more)["type"])
        self.refused(409, "SubnetPoolDeleteError", "DELETE", f"/subnetpools/{made['id']}")

    def test_a_pool_comes_changes_and_goes(self) -> None:
        made = self.pool(name="p", prefixes=["10.10.0.0/17", "10.10.128.0/17"])
        self.assertEqual(["10.10.0.0/16"], made["prefixes"])
        path = f"/subnetpools/{made['id']}"
        changed = self.send("PUT", path, {"subnetpool": {"name": "q", "prefixes": ["10.10.0.0/16", "10.20.0.0/16"],
                                                         "default_quota": 512}}, expect=200)["subnetpool"]
        self.assertEqual(("q", 512, 2), (changed["name"], changed["default_quota"], len(changed["prefixes"])))
        self.assertEqual("10.10.0.0/23", self.cut(made["id"], prefixlen=23)["cidr"])
        self.assertEqual("SubnetPoolQuotaExceeded", self.cut(made["id"], expect=409, prefixlen=32)["type"])
        self.refused(400, "IllegalSubnetPoolPrefixUpdate", "PUT", path, {"subnetpool": {"prefixes": ["10.20.0.0/16"]}})
        self.send("GET", path, who="bob", expect=404)
        self.send("PUT", path, {"subnetpool": {"name": "x"}}, who="eve", expect=403)
        other = self.pool()
        self.send("DELETE", f"/subnetpools/{other['id']}", expect=204)
        for kind, bad in (("PrefixVersionMismatch", {"prefixes": ["10.0.0.0/8", "fd00::/48"]}),
                          ("EmptySubnetPoolPrefixList", {"prefixes": []}), ("InvalidInput", {"prefixes": ["ten"]}),
                          ("IllegalSubnetPoolPrefixBounds", {"prefixes": ["10.0.0.0/8"], "min_prefixlen": 30,
                                                             "max_prefixlen": 24})):
            self.refused(400, kind, "POST", "/subnetpools", {"subnetpool": bad})

    def test_the_default_pool_and_a_shared_one_are_the_administrators(self) -> None:
        for wish in ({"is_default": True}, {"shared": True}):
            self.refused(403, "PolicyNotAuthorized", "POST", "/subnetpools", {"subnetpool": {
                "prefixes": ["10.10.0.0/16"], **wish}})
        made = self.pool("root", is_default=True, shared=True, default_prefixlen=24)
        self.refused(400, "InvalidInput", "POST", "/subnetpools", {"subnetpool": {
            "prefixes": ["10.30.0.0/16"], "is_default": True}}, who="root")
        self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", "/subnetpools")["subnetpools"]])
        cut = self.send("POST", "/subnets", {"subnet": {
            "network_id": self.network()["id"], "ip_version": 4, "use_default_subnetpool": True}}, expect=201)["subnet"]
        self.assertEqual((made["id"], "10.10.0.0/24"), (cut["subnetpool_id"], cut["cidr"]))
        self.send("PUT", f"/subnetpools/{made['id']}", {"subnetpool": {"is_default": False}}, who="root", expect=200)
        self.pool("root", is_default=True)


class QuotasTest(NetworkApiCase):
    """What a project may have."""

    def test_the_last_room(self) -> None:
        changed = self.send("PUT", "/quotas/one", {"quota": {"network": 1, "security_group": "2"}}, who="root", expect=200)
        self.assertEqual((1, 2, 500), tuple(changed["quota"][name] for name in ("network", "security_group", "port")))
        self.network()
        self.refused(409, "OverQuota", "POST", "/networks", {"network": {}})
        self.refused(409, "OverQuota", "POST", "/networks", {"networks": [{}, {}]}, who="ann")
        details = self.send("GET", "/quotas/one/details.json", expect=200)["quota"]
        self.assertEqual({"limit": 1, "used": 1, "reserved": 0}, details["network"])
        self.send("GET", "/quotas/one/details", expect=200)
        self.assertEqual(["one"], [each["project_id"] for each in self.send("GET", "/quotas", who="root")["quotas"]])
        self.assertEqual(100, self.send("GET", "/quotas/one/default")["quota"]["network"])
        self.send("GET", "/quotas", expect=403)
        self.send("GET", "/quotas/two", expect=403)
        self.send("PUT", "/quotas/one", {"quota": {"network": 5}}, expect=403)
        self.send("PUT", "/quotas/one", {"quota": {"network": -2}}, who="root", expect=400)
        self.send("DELETE", "/quotas/one", who="root", expect=204)
        self.refused(404, "TenantQuotaNotFound", "DELETE", "/quotas/one", who="root")
        self.network()


class TagsTest(RouterCase):
    """Words that things are found by."""

    def test_every_kind_has_tags(self) -> None:
        pool = self.send("POST", "/subnetpools", {"subnetpool": {"prefixes": ["10.10.0.0/16"]}})["subnetpool"]
        group = self.send("POST", "/security-groups", {"security_group": {}})["security_group"]
        addresses = self.send("POST", "/address-groups", {"address_group": {}})["address_group"]
        scope = self.send("POST", "/address-scopes", {"address_scope": {"name": "s", "ip_version": 4}})["address_scope"]
        trunk = self.send("POST", "/trunks", {"trunk": {"port_id": self.port(self.net)["id"]}})["trunk"]
        for path in (f"/address-scopes/{scope['id']}", f"/trunks/{trunk['id']}",
                     f"/networks/{self.net}", f"/subnets/{self.sub}", f"/ports/{self.port(self.net)['id']}",
                     f"/routers/{self.router()['id']}", f"/floatingips/{self.floating()['id']}",
                     f"/subnetpools/{pool['id']}", f"/security-groups/{group['id']}",
                     f"/address-groups/{addresses['id']}"):
            with self.subTest(path):
                self.tell(path)

    def tell(self, path: str) -> None:
        """The story of one thing's tags."""
        self.send("PUT", f"{path}/tags", {"tags": ["red", "blue", "red"]}, expect=200)
        self.assertEqual(["blue", "red"], self.send("GET", f"{path}/tags", expect=200)["tags"])
        self.send("PUT", f"{path}/tags/green", expect=201)
        self.send("GET", f"{path}/tags/green", expect=204)
        self.assertEqual(["blue", "green", "red"], next(iter(self.send("GET", path).values()))["tags"])
        collection = path.rpartition("/")[0]
        for query, found in (("tags=red,blue", 1), ("tags-any=red,no", 1), ("not-tags=red,no", 1), ("tags=red,no", 0)):
            listed = next(iter(self.send("GET", f"{collection}?{query}&id={path.rpartition('/')[2]}").values()))
            self.assertEqual(found, len(listed), query)
        self.send("DELETE", f"{path}/tags/red", expect=204)
        self.refused(404, "TagNotFound", "GET", f"{path}/tags/red")
        self.refused(404, "TagNotFound", "DELETE", f"{path}/tags/red")
        self.send("PUT", f"{path}/tags/x", who="eve", expect=403)
        self.send("GET", f"{path}/tags", who="bob", expect=404)
        self.send("PUT", f"{path}/tags/{'x' * 256}", expect=400)
        self.send("DELETE", f"{path}/tags", expect=204)
        self.assertEqual([], self.send("GET", f"{path}/tags")["tags"])


class IPv6Test(NetworkApiCase):
    """Addresses that guests make up."""

    def test_made_up_addresses(self) -> None:
        net = self.network()["id"]
        before = self.port(net, mac_address="fa:16:3e:00:00:01")
        made = self.subnet(net, "fd00:1::/64", ip_version=6, ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        self.assertEqual([{"subnet_id": made["id"], "ip_address": "fd00:1::f816:3eff:fe00:1"}],
                         self.send("GET", f"/ports/{before['id']}")["port"]["fixed_ips"])
        after = self.port(net, mac_address="fa:16:3e:00:00:02")
        self.assertEqual(["fd00:1::f816:3eff:fe00:2"], [each["ip_address"] for each in after["fixed_ips"]])
        self.refused(400, "AllocationOnAutoAddressSubnet", "POST", "/ports", {"port": {
            "network_id": net, "fixed_ips": [{"ip_address": "fd00:1::9"}]}})
        changed = self.send("PUT", f"/ports/{after['id']}", {"port": {"mac_address": "fa:16:3e:00:00:03"}}, expect=200)
        self.assertEqual(["fd00:1::f816:3eff:fe00:3"], [each["ip_address"] for each in changed["port"]["fixed_ips"]])
        self.send("DELETE", f"/subnets/{made['id']}", expect=204)
        self.assertEqual([], self.send("GET", f"/ports/{before['id']}")["port"]["fixed_ips"])

    def test_modes_that_no_network_can_be_in(self) -> None:
        net = self.network()["id"]
        for bad in ({"ip_version": 4, "cidr": "10.0.0.0/24", "ipv6_address_mode": "slaac"},
                    {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"},
                    {"ipv6_ra_mode": "slaac", "enable_dhcp": False}, {"ipv6_address_mode": "slaac", "cidr": "fd00::/63"},
                    {"ipv6_address_mode": "magic"}):
            with self.subTest(bad):
                self.send("POST", "/subnets", {"subnet": {
                    "network_id": net, "ip_version": 6, "cidr": "fd00::/64", **bad}}, expect=400)

    def test_one_door_for_all_prefixes(self) -> None:
        net = self.network()["id"]
        subnets = [self.subnet(net, f"fd00:{number}::/64", ip_version=6, ipv6_ra_mode="slaac",
                               ipv6_address_mode="slaac")["id"] for number in (1, 2)]
        router = self.send("POST", "/routers", {"router": {}}, expect=201)["router"]["id"]
        doors = {self.send("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": each}, expect=200)["port_id"]
                 for each in subnets}
        self.assertEqual(1, len(doors))
        self.refused(409, "SubnetInUse", "DELETE", f"/subnets/{subnets[0]}")

    def test_service_types(self) -> None:
        net = self.network()["id"]
        self.subnet(net, "10.1.0.0/24", service_types=["compute:nova"], enable_dhcp=False)
        plain = self.subnet(net, "10.2.0.0/24", enable_dhcp=False)["id"]
        self.assertEqual([plain], [each["subnet_id"] for each in self.port(net)["fixed_ips"]])


if __name__ == "__main__":
    unittest.main()
