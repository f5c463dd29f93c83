"""Networks by compute's names, and what tells a host to look at its networks again."""

from typing import Any

from tests.functional.test_compute_api import SERVERS, V
from tests.functional.test_compute_versions import MISSING, VersionsCase


class Networks(VersionsCase):
    """/os-networks and /os-tenant-networks."""

    def test_seen(self) -> None:
        for name in ("os-networks", "os-tenant-networks"):
            listed = self.get(f"{V}/{name}", "2.1")["networks"]
            self.assertEqual([(self.network, "public")], [(each["id"], each["label"]) for each in listed])
            self.assertEqual(listed[0], self.get(f"{V}/{name}/{self.network}", "2.1")["network"])
            self.assertEqual([200, 404], self.statuses("GET", f"{V}/{name}", "2.36"))
            self.assertEqual(404, self.ask("GET", f"{V}/{name}/{MISSING}", "2.1").status_int)

    def test_strangers_are_not(self) -> None:
        own = self.api.post("/network/v2.0/networks", {"network": {"name": "own"}}, token=self.alice).json["network"]["id"]
        bob = self.api.make_user("bob")
        for name in ("os-networks", "os-tenant-networks"):
            self.assertNotIn(own, self.api.get(f"{V}/{name}", token=bob).text)
            self.assertEqual(404, self.api.get(f"{V}/{name}/{own}", token=bob).status_int)


class AnyNetwork(VersionsCase):
    """networks: auto, where a project has none."""

    def test_the_cloud_makes_one(self) -> None:
        networks = "/network/v2.0/networks"
        body = {"server": {"name": "s", "imageRef": self.image, "flavorRef": self.flavor, "networks": "auto"}}
        self.assertEqual(200, self.api.put(f"{networks}/{self.network}", {"network": {"shared": False}}).status_int)
        refused = self.ask("POST", SERVERS, "2.37", body)
        self.assertEqual(400, refused.status_int)
        self.assertIn("No default router:external network", refused.text)
        outside = self.api.post(networks, {"network": {"router:external": True, "is_default": True}}).json["network"]["id"]
        self.api.post("/network/v2.0/subnets", {"subnet": {"network_id": outside, "ip_version": 4, "cidr": "203.0.113.0/24"}})
        self.api.post("/network/v2.0/subnetpools", {"subnetpool": {
            "prefixes": ["10.30.0.0/16"], "is_default": True, "default_prefixlen": 26}})
        made = self.ask("POST", SERVERS, "2.37", body)
        self.assertEqual(202, made.status_int, made.text)
        shown = self.get(f"{SERVERS}/{made.json['server']['id']}", "2.37")["server"]
        self.assertEqual(["auto_allocated_network"], list(shown["addresses"]))


    def test_the_way_out_is_not_chosen_unasked(self) -> None:
        self.assertEqual(201, self.api.post("/network/v2.0/networks", {"network": {
            "name": "outside", "router:external": True}}).status_int)
        body = {"server": {"name": "s", "imageRef": self.image, "flavorRef": self.flavor, "networks": "auto"}}
        made = self.ask("POST", SERVERS, "2.37", body, admin=True)
        self.assertEqual(202, made.status_int, made.text)
        shown = self.ask("GET", f"{SERVERS}/{made.json['server']['id']}", "2.37", admin=True).json["server"]
        self.assertEqual(["public"], list(shown["addresses"]), "the shared one")


class HostsNetworks(VersionsCase):
    """injectNetworkInfo and resetNetwork."""

    def test_host_is_told(self) -> None:
        server_id = self.booted()
        rung: list[Any] = []
        serving = self.api.runtime.bus.serve("network.host1", {"network_changed": lambda call, **facts: rung.append(facts),
                                                               "ring": lambda call, **facts: rung.append(facts)})
        self.addCleanup(serving.stop)
        for number, action in enumerate(("injectNetworkInfo", "resetNetwork"), 1):
            path = f"{SERVERS}/{server_id}/action"
            self.assertEqual(403, self.ask("POST", path, "2.1", {action: None}).status_int)
            self.assertEqual(202, self.ask("POST", path, "2.1", {action: None}, admin=True).status_int)
            self.assertEqual(404, self.ask("POST", f"{SERVERS}/{MISSING}/action", "2.1", {action: None}, admin=True).status_int)
        building = self.boot().json["server"]["id"]
        self.assertEqual(409, self.ask("POST", f"{SERVERS}/{building}/action", "2.1", {"resetNetwork": None}, admin=True).status_int)
        self.api.runtime.clock.sleep(0.2)
        self.assertEqual(2, len(rung))


class Rebuilt(VersionsCase):
    """The body of a rebuild."""

    def test_user_data_is_said_once(self) -> None:
        path = f"{SERVERS}/{self.booted()}/action"
        shown = self.ask("POST", path, "2.75", {"rebuild": {"imageRef": self.image}}, admin=True).json["server"]
        self.assertEqual((True, False), ("user_data" in shown, "OS-EXT-SRV-ATTR:user_data" in shown))
