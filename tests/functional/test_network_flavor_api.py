"""Flavors of routers and the service profiles that they stand for, over real rules and real SQL."""

from __future__ import annotations

import unittest
from typing import Any

from tests.functional.test_network_api import NetworkApiCase


class FlavorsTest(NetworkApiCase):
    """What an administrator offers, and what users get."""

    def profile(self, driver: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/service_profiles", {"service_profile": {"driver": driver, **more}},
                                         who="root", expect=201)["service_profile"]
        return made

    def flavor(self, *profiles: dict[str, Any], **more: Any) -> str:
        made = self.send("POST", "/flavors", {"flavor": {"service_type": "L3_ROUTER_NAT", "name": "f", **more}},
                         who="root", expect=201)["flavor"]["id"]
        for each in profiles:
            self.send("POST", f"/flavors/{made}/service_profiles", {"service_profile": {"id": each["id"]}}, who="root", expect=201)
        return str(made)

    def test_a_flavor_makes_routers_of_its_kind(self) -> None:
        for driver, is_distributed in (("centralized", False), ("distributed", True)):
            flavor = self.flavor(self.profile(driver))
            provider, = self.send("GET", f"/flavors/{flavor}/next_provider", who="root", expect=200)["next_providers"]
            self.assertEqual({"driver": driver, "provider": driver}, provider)
            made = self.send("POST", "/routers", {"router": {"flavor_id": flavor}}, expect=201)["router"]
            self.assertEqual(flavor, made["flavor_id"])
            shown = self.send("GET", f"/routers/{made['id']}", who="root", expect=200)["router"]
            self.assertEqual(is_distributed, shown["distributed"])
            self.send("POST", "/routers", {"router": {"flavor_id": flavor, "distributed": not is_distributed}}, who="root", expect=400)
            self.refused(409, "FlavorInUse", "DELETE", f"/flavors/{flavor}", who="root")
            self.assertEqual([made["id"]], [each["id"] for each in self.send("GET", f"/routers?flavor_id={flavor}")["routers"]])
            self.send("DELETE", f"/routers/{made['id']}", expect=204)
            self.send("DELETE", f"/flavors/{flavor}", who="root", expect=204)

    def test_the_oldest_enabled_profile_counts(self) -> None:
        off, on = self.profile("distributed", enabled=False), self.profile("centralized", metainfo="m", description="d")
        flavor = self.flavor(off)
        body = {"router": {"flavor_id": flavor}}
        self.refused(409, "ServiceProfileDisabled", "POST", "/routers", body)
        path = f"/flavors/{flavor}/service_profiles"
        self.send("POST", path, {"service_profile": {"id": on["id"]}}, who="root", expect=201)
        self.refused(409, "FlavorServiceProfileBindingExists", "POST", path, {"service_profile": {"id": on["id"]}}, who="root")
        self.assertEqual({off["id"], on["id"]}, set(self.send("GET", f"/flavors/{flavor}")["flavor"]["service_profiles"]))
        made = self.send("POST", "/routers", body, expect=201)["router"]["id"]
        self.assertFalse(self.send("GET", f"/routers/{made}", who="root")["router"]["distributed"])
        for method in ("PUT", "DELETE"):
            self.refused(409, "ServiceProfileInUse", method, f"/service_profiles/{on['id']}",
                         {"service_profile": {"enabled": False}} if method == "PUT" else None, who="root")
        changed = self.send("PUT", f"/flavors/{flavor}", {"flavor": {"enabled": False, "name": "g"}}, who="root", expect=200)
        self.assertEqual(("g", False), (changed["flavor"]["name"], changed["flavor"]["enabled"]))
        self.refused(409, "FlavorDisabled", "POST", "/routers", body)
        self.send("DELETE", f"{path}/{on['id']}", who="root", expect=204)
        self.refused(404, "FlavorServiceProfileBindingNotFound", "DELETE", f"{path}/{on['id']}", who="root")
        self.assertTrue(self.send("PUT", f"/service_profiles/{on['id']}", {"service_profile": {"driver": "distributed"}},
                                  who="root", expect=200)["service_profile"]["enabled"])
        self.send("DELETE", f"/service_profiles/{on['id']}", who="root", expect=204)

    def test_users_see_flavors_and_nothing_behind_them(self) -> None:
        profile = self.profile("distributed")
        flavor = self.flavor(profile)
        self.assertEqual([flavor], [each["id"] for each in self.send("GET", "/flavors?name=f", expect=200)["flavors"]])
        self.assertEqual([], self.send("GET", "/service_profiles", expect=200)["service_profiles"])
        self.refused(404, "ServiceProfileNotFound", "GET", f"/service_profiles/{profile['id']}")
        self.send("GET", f"/flavors/{flavor}/next_provider", expect=403)
        self.send("POST", "/flavors", {"flavor": {"service_type": "L3_ROUTER_NAT"}}, expect=403)
        self.send("POST", "/flavors", {"flavor": {"service_type": "LOADBALANCER"}}, who="root", expect=400)
        self.send("POST", "/service_profiles", {"service_profile": {"driver": "magic"}}, who="root", expect=400)
        self.refused(404, "FlavorNotFound", "POST", "/routers", {"router": {"flavor_id": "strange"}})


if __name__ == "__main__":
    unittest.main()
