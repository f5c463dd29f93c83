"""Compute by the standard client: a server's life as its commands know it, and what servers are made of and run on."""

import json
from typing import Any

from tests.contract.client import ContractCase

NEWEST = {"OS_CLOUD": "cumulo", "OS_COMPUTE_API_VERSION": "2.96"}
FIRST = {"OS_CLOUD": "cumulo", "OS_COMPUTE_API_VERSION": "2.1"}


class ComputeTest(ContractCase):
    """The administrator."""

    def setUp(self) -> None:
        self.flavor = self.flavor_of("small", "1")

    def flavor_of(self, word: str, disk: str) -> str:
        """Make a flavor and return its name."""
        name = self.name(word)
        self.client.do("flavor create", "--ram", "64", "--disk", disk, "--vcpus", "1", name)
        self.addCleanup(self.client.do, "flavor delete", name)
        return name

    def booted(self, *options: str) -> str:
        """Make a server, wait for it, and return its name."""
        name = self.name("server")
        made = self.client.show("server create", "--flavor", self.flavor, "--image", "guest", "--wait", *(
            options or ("--network", "default-net")), name, as_user=NEWEST)
        self.addCleanup(self.client.do, "server delete", "--wait", name)
        self.assertEqual("ACTIVE", made["status"])
        return name

    def status(self, server: str) -> str:
        """Return a server's status."""
        return str(self.client.show("server show", server, as_user=NEWEST)["status"])

    def text(self, value: Any) -> str:
        """Return what a cell of a table holds, in whatever form this client gives it."""
        return value if isinstance(value, str) else json.dumps(value)

    def test_sleep_and_wake(self) -> None:
        server = self.booted()
        for command, options, status in (
                ("server stop", (), "SHUTOFF"), ("server start", (), "ACTIVE"), ("server pause", (), "PAUSED"),
                ("server unpause", (), "ACTIVE"), ("server suspend", (), "SUSPENDED"), ("server resume", (), "ACTIVE"),
                ("server lock", (), "ACTIVE"), ("server unlock", (), "ACTIVE"), ("server rescue", (), "RESCUE"),
                ("server unrescue", (), "ACTIVE")):
            self.client.do(command, *options, server, as_user=NEWEST)
            self.wait(server, status)
        self.client.do("server reboot", "--hard", "--wait", server)
        self.client.do("server shelve", "--offload", "--wait", server)
        self.assertEqual("SHELVED_OFFLOADED", self.status(server))
        self.client.do("server unshelve", "--wait", server)
        self.assertEqual("ACTIVE", self.status(server))
        events = self.client.names("server event list", server, column="Action", as_user=NEWEST)
        self.assertEqual(("create", "unshelve"), (events[-1], events[0]))
        request = self.client.names("server event list", server, column="Request ID", as_user=NEWEST)[-1]
        self.assertEqual("create", self.client.show("server event show", server, request, as_user=NEWEST)["action"])
        self.assertIn("vm_state active", self.client.refused("server unpause", server))

    def wait(self, server: str, status: str) -> None:
        """Ask until a server has a status."""
        for _ in range(100):
            if self.status(server) == status:
                return
        self.fail(f"{server} is {self.status(server)} and not {status}")

    def test_another_size_and_another_image(self) -> None:
        server, larger = self.booted(), self.flavor_of("larger", "2")
        for end in ("revert", "confirm"):
            self.client.do("server resize", "--flavor", larger, "--wait", server)
            self.assertEqual("VERIFY_RESIZE", self.status(server))
            self.client.do(f"server resize {end}", server)
            self.wait(server, "ACTIVE")
        self.assertIn(larger, self.text(self.client.show("server show", server, as_user=NEWEST)["flavor"]))
        saved = self.name("saved")
        self.client.do("server image create", "--name", saved, "--wait", server)
        self.addCleanup(self.client.do, "image delete", saved)
        self.client.do("server rebuild", "--image", saved, "--wait", server)
        self.client.do("server backup create", "--name", f"{saved}-daily", "--type", "daily", "--rotate", "1", "--wait", server)
        self.addCleanup(self.client.do, "image delete", f"{saved}-daily")

    def test_what_a_server_says_of_itself(self) -> None:
        key = self.name("key")
        self.client.do("keypair create", key, as_user=FIRST)
        self.addCleanup(self.client.do, "keypair delete", key)
        self.assertIn(key, self.client.names("keypair list"))
        self.assertEqual(key, self.client.show("keypair show", key)["name"])
        server = self.booted("--network", "default-net", "--key-name", key, "--property", "colour=red", "--tag", "one",
                             "--description", "words")
        shown = self.client.show("server show", server, as_user=NEWEST)
        self.assertEqual((key, "words"), (shown["key_name"], shown["description"]))
        self.client.do("server set", "--property", "size=big", "--tag", "two", "--description", "others", server, as_user=NEWEST)
        self.client.do("server unset", "--property", "colour", "--tag", "one", server, as_user=NEWEST)
        shown = self.client.show("server show", server, as_user=NEWEST)
        self.assertEqual(("others", False, True), (
            shown["description"], "red" in self.text(shown["properties"]), "two" in self.text(shown["tags"])))
        self.assertIn(server, self.client.names("server list", "--tags", "two", as_user=NEWEST))
        self.assertIn("login:", self.client.do("console log show", server))
        console = self.client.show("console url show", "--novnc", server, as_user=NEWEST)
        self.assertEqual(("vnc", True), (console["protocol"], "token%3D" in console["url"]))
        self.assertTrue(self.client.show("console url show", "--serial", server, as_user=NEWEST)["url"].startswith("ws"))
        token = console["url"].rpartition("%3D")[2]
        self.assertEqual(self.client.show("server show", server)["id"],
                         self.client.show("console connection show", token, as_user=NEWEST)["instance_uuid"])

    def test_cards_addresses_and_groups(self) -> None:
        server, group = self.booted(), self.name("group")
        self.client.do("security group create", group)
        self.addCleanup(self.client.do, "security group delete", group)
        self.client.do("server add security group", server, group)
        self.assertIn(group, self.text(self.client.show("server show", server)["security_groups"]))
        self.client.do("server remove security group", server, group)
        self.client.do("server remove network", server, "default-net")
        self.wait_for_addresses(server, 0)
        self.client.do("server add network", server, "default-net")
        self.wait_for_addresses(server, 1)
        self.client.do("server remove network", server, "default-net")
        self.wait_for_addresses(server, 0)
        port = self.client.show("port create", "--network", "default-net", self.name("port"))["id"]
        self.client.do("server add port", server, port)
        self.wait_for_addresses(server, 1)
        self.client.do("server remove port", server, port)
        self.wait_for_addresses(server, 0)
        self.client.do("port delete", port)

    def wait_for_addresses(self, server: str, count: int) -> None:
        """Ask until a server is at rest with so many addresses."""
        for _ in range(100):
            shown = self.client.show("server show", server, as_user=NEWEST)
            found = shown["addresses"]
            has = sum(len(each) for each in found.values()) if isinstance(found, dict) else found.count(".") // 3
            if has == count and shown["os-ext-sts:task_state"] is None:
                return
        self.fail(f"{server} has {found} and not {count}")

    def test_flavors_groups_aggregates_and_hosts(self) -> None:
        self.client.do("flavor set", "--property", "hw:cpu_policy=shared", "--description", "words", self.flavor, as_user=NEWEST)
        self.assertIn("shared", self.text(self.client.show("flavor show", self.flavor, as_user=NEWEST)["properties"]))
        self.client.do("flavor unset", "--property", "hw:cpu_policy", self.flavor)
        self.assertIn(self.flavor, self.client.names("flavor list", "--all"))
        group, aggregate = self.name("group"), self.name("aggregate")
        self.client.do("server group create", "--policy", "anti-affinity", group, as_user=NEWEST)
        self.addCleanup(self.client.do, "server group delete", group)
        self.assertEqual("anti-affinity", self.client.show("server group show", group, as_user=NEWEST)["policy"])
        self.assertIn(group, self.client.names("server group list"))
        host = self.client.names("hypervisor list", column="Hypervisor Hostname")[0]
        self.assertEqual("up", self.client.show("hypervisor show", host, as_user=NEWEST)["state"])
        self.assertEqual(1, self.client.show("hypervisor stats show", as_user=FIRST)["count"])
        self.client.do("aggregate create", "--property", "fast=yes", aggregate)
        self.client.do("aggregate add host", aggregate, host)
        self.client.do("aggregate set", "--property", "big=yes", aggregate)
        self.client.do("aggregate unset", "--property", "fast", aggregate)
        shown = self.client.show("aggregate show", aggregate)
        self.assertEqual((True, False, True), ("big" in self.text(shown["properties"]), "fast" in self.text(shown["properties"]),
                                               host in self.text(shown["hosts"])))
        self.client.do("aggregate remove host", aggregate, host)
        self.assertIn(aggregate, self.client.names("aggregate list"))
        self.client.do("aggregate delete", aggregate)
        self.client.do("compute service set", "--disable", "--disable-reason", "words", host, "nova-compute")
        services = {row["Binary"]: row["Status"] for row in self.client.show("compute service list")}
        self.assertEqual("disabled", services["nova-compute"])
        self.client.do("compute service set", "--enable", host, "nova-compute")
        self.assertIn(host, self.client.names("host list", column="Host Name", as_user=FIRST))
        self.assertTrue(self.client.show("host show", host, as_user=FIRST))
        self.assertIn("nova", self.client.names("availability zone list", "--compute", column="Zone Name"))

    def test_what_projects_may_have_and_had(self) -> None:
        project = self.name("project")
        self.client.do("project create", project)
        self.addCleanup(self.client.do, "project delete", project)
        self.client.do("quota set", "--instances", "3", "--cores", "5", project)
        limits = {row["Resource"]: row["Limit"] for row in self.client.show("quota show", "--compute", project)}
        self.assertEqual((3, 5), (limits["instances"], limits["cores"]))
        self.booted("--no-network")
        self.assertTrue(self.client.show("limits show", "--absolute"))
        self.assertTrue(self.client.show("usage show", "--project", "admin"))
        self.assertIsInstance(self.client.show("usage list"), list)
