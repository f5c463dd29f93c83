"""Address scopes over real rules and real SQL: which pools, networks and routers may be of one, and what is translated."""

from __future__ import annotations

import unittest
from typing import Any

from cumulo.network import desired
from tests.functional.test_network_api import NetworkApiCase


class ScopesTest(NetworkApiCase):
    """Scopes, the pools that are in them, and what follows for networks and routers."""

    def scope(self, who: str = "ann", expect: int = 201, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/address-scopes", {"address_scope": {"name": "s", "ip_version": 4} | values}, who=who,
                           expect=expect)
        return dict(answer.get("address_scope") or answer["NeutronError"])

    def pool(self, scope: str | None, prefix: str = "10.10.0.0/16", who: str = "ann", expect: int = 201,
             **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "/subnetpools", {"subnetpool": {
            "prefixes": [prefix], "default_prefixlen": 24, "address_scope_id": scope} | values}, who=who, expect=expect)
        return dict(answer.get("subnetpool") or answer["NeutronError"])

    def cut(self, pool: dict[str, Any], network_id: str, who: str = "ann") -> str:
        made = self.send("POST", "/subnets", {"subnet": {
            "network_id": network_id, "ip_version": 4, "subnetpool_id": pool["id"]}}, who=who, expect=201)
        return str(made["subnet"]["id"])

    def test_life(self) -> None:
        made = self.scope(name="mine")
        path = f"/address-scopes/{made['id']}"
        self.assertEqual(("mine", 4, False, "one"), tuple(made[name] for name in ("name", "ip_version", "shared", "project_id")))
        self.assertEqual("new", self.send("PUT", path, {"address_scope": {"name": "new"}}, expect=200)["address_scope"]["name"])
        self.refused(403, "PolicyNotAuthorized", "PUT", path, {"address_scope": {"shared": True}})
        self.assertEqual("PolicyNotAuthorized", self.scope(expect=403, shared=True)["type"])
        self.send("GET", path, who="bob", expect=404)
        self.send("PUT", path, {"address_scope": {"shared": True}}, who="root", expect=200)
        self.send("GET", path, who="bob", expect=200)
        self.refused(400, "AddressScopeUpdateError", "PUT", path, {"address_scope": {"shared": False}}, who="root")
        self.refused(403, "PolicyNotAuthorized", "DELETE", path, who="bob")
        self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", "/address-scopes?ip_version=4")["address_scopes"]])
        pool = self.pool(made["id"])
        self.refused(409, "AddressScopeInUse", "DELETE", path)
        self.send("DELETE", f"/subnetpools/{pool['id']}", expect=204)
        self.send("DELETE", path, expect=204)
        self.refused(404, "AddressScopeNotFound", "GET", path)

    def test_pools_of_one_scope_do_not_overlap(self) -> None:
        one, other = self.scope()["id"], self.scope()["id"]
        first = self.pool(one)
        self.assertEqual("AddressScopePrefixConflict", self.pool(one, "10.10.4.0/24", expect=409)["type"])
        second = self.pool(other, "10.10.4.0/24")
        path = f"/subnetpools/{second['id']}"
        self.refused(409, "AddressScopePrefixConflict", "PUT", path, {"subnetpool": {"address_scope_id": one}})
        beside = self.pool(one, "10.20.0.0/16")
        self.refused(409, "AddressScopePrefixConflict", "PUT", f"/subnetpools/{beside['id']}", {"subnetpool": {
            "prefixes": ["10.20.0.0/16", "10.10.128.0/17"]}})
        self.assertIsNone(self.send("PUT", path, {"subnetpool": {"address_scope_id": None}}, expect=200)["subnetpool"][
            "address_scope_id"])
        self.assertEqual("IllegalSubnetPoolIpVersionAssociation", self.pool(one, "fd00::/48", expect=400, default_prefixlen=64)["type"])
        strange = self.scope("bob")["id"]
        self.assertEqual("AddressScopeNotFound", self.pool(strange, "10.30.0.0/16", expect=404)["type"])
        self.refused(404, "AddressScopeNotFound", "PUT", path, {"subnetpool": {"address_scope_id": strange}})
        self.assertEqual("IllegalSubnetPoolAssociationToAddressScope", self.pool(
            other, "10.40.0.0/16", "root", 400, shared=True)["type"])
        self.assertEqual(one, first["address_scope_id"])

    def test_a_network_is_of_one_scope(self) -> None:
        one, net = self.scope()["id"], self.network()["id"]
        pool = self.pool(one)
        self.cut(pool, net)
        shown = self.send("GET", f"/networks/{net}")["network"]
        self.assertEqual((one, None), (shown["ipv4_address_scope"], shown["ipv6_address_scope"]))
        self.refused(400, "NetworkAddressScopeAffinityError", "POST", "/subnets", {"subnet": {
            "network_id": net, "ip_version": 4, "cidr": "192.168.0.0/24"}})
        self.subnet(net, "fd00::/64", ip_version=6)
        beside = self.pool(one, "10.20.0.0/16")
        self.cut(beside, net)
        self.refused(400, "NetworkAddressScopeAffinityError", "PUT", f"/subnetpools/{beside['id']}", {"subnetpool": {
            "address_scope_id": None}})

    def test_a_router_stays_within_a_scope(self) -> None:
        pool = self.pool(self.scope()["id"])
        inside, plain = self.network()["id"], self.network()["id"]
        scoped, other = self.cut(pool, inside), self.subnet(plain, "192.168.0.0/24")["id"]
        router = self.send("POST", "/routers", {"router": {}}, expect=201)["router"]["id"]
        door = f"/routers/{router}/add_router_interface"
        self.send("PUT", door, {"subnet_id": scoped}, expect=200)
        self.refused(400, "BadRequest", "PUT", door, {"subnet_id": other})
        free = self.pool(None, "10.20.0.0/16")
        lone = self.network()["id"]
        subnet = self.cut(free, lone)
        self.refused(400, "BadRequest", "PUT", door, {"subnet_id": subnet})
        self.send("PUT", f"/subnetpools/{free['id']}", {"subnetpool": {"address_scope_id": pool["address_scope_id"]}}, expect=200)
        self.send("PUT", door, {"subnet_id": subnet}, expect=200)
        self.refused(400, "BadRequest", "PUT", f"/subnetpools/{free['id']}", {"subnetpool": {"address_scope_id": None}})

    def test_nothing_is_translated_within_a_scope(self) -> None:
        scope = self.scope("root", shared=True)["id"]
        outside = self.network("root", **{"router:external": True})["id"]
        public = self.pool(scope, "10.50.0.0/16", "root")
        self.cut(public, outside, "root")
        own, net = self.pool(scope, "10.60.0.0/16"), self.network()["id"]
        subnet = self.cut(own, net)
        made = self.send("POST", "/routers", {"router": {"external_gateway_info": {"network_id": outside}}}, expect=201)
        router = made["router"]["id"]
        self.send("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": subnet}, expect=200)
        port = self.port(net)["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "h1"}}, who="root", expect=200)
        self.assertEqual([False], self.translated())
        self.send("PUT", f"/subnetpools/{public['id']}", {"subnetpool": {"address_scope_id": None}}, who="root", expect=200)
        self.assertEqual([True], self.translated())

    def translated(self) -> list[bool]:
        with self.database.read() as connection:
            return [each["gateway"]["enable_snat"] for each in desired.desired(connection, "h1", None)["routers"]]

    def test_a_scope_that_others_use_stays_shared(self) -> None:
        scope = self.scope()["id"]
        made = self.send("POST", "/rbac-policies", {"rbac_policy": {
            "object_type": "address_scope", "object_id": scope, "action": "access_as_shared", "target_tenant": "two"}},
            expect=201)["rbac_policy"]["id"]
        pool = self.pool(scope, who="bob")
        self.refused(409, "RbacPolicyInUse", "DELETE", f"/rbac-policies/{made}")
        self.send("DELETE", f"/subnetpools/{pool['id']}", who="bob", expect=204)
        self.send("DELETE", f"/rbac-policies/{made}", expect=204)


if __name__ == "__main__":
    unittest.main()
