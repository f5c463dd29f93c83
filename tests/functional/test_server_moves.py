"""Servers that change their size or host, and servers that leave their hosts: two hosts, fake drivers, a whole cloud."""

import unittest
from typing import Any

from cumulo.common.db.tables.compute import server_move
from tests.fixtures.whole_cloud import V, WholeCloud
from tests.functional.test_server_life import LifeCase, at


class MoveCase(LifeCase):
    """A cloud of two hosts with a larger flavor."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(more_hosts=("h2",))
        cls.addClassCleanup(cls.cloud.close)
        for name, sizes in (("large", {"ram": 256, "vcpus": 2, "disk": 2}), ("odd", {"ram": 256, "vcpus": 1, "disk": 1}),
                            ("less", {"ram": 128, "vcpus": 1, "disk": 2}),
                            ("tiny", {"ram": 64, "vcpus": 1, "disk": 0}), ("huge", {"ram": 10**6, "vcpus": 1, "disk": 1})):
            cls.cloud.post(f"{V}/flavors", {"flavor": {"name": name, "id": name, **sizes}})

    def place(self, server_id: str) -> str:
        """Return the host of a server."""
        return str(self.shown(server_id, "2.3")["OS-EXT-SRV-ATTR:host"])

    def flavor(self, server_id: str) -> str:
        """Return the flavor of a server."""
        return str(self.shown(server_id)["flavor"]["id"])

    def other(self, host: str) -> str:
        """Return the other host."""
        return "h2" if host == "h1" else "h1"

    def images(self) -> list[Any]:
        """Return every image there is, hidden ones too."""
        return [each["name"] for hidden in ("true", "false")
                for each in self.cloud.get(f"/image/v2/images?os_hidden={hidden}").json["images"]]

    def check_alone(self, server_id: str, host: str) -> None:
        """Check that the server is on this host and nowhere else, by rows and hypervisors."""
        self.assertEqual(host, self.place(server_id))
        self.assertIsNotNone(self.cloud.held(server_id, host))
        self.assertIsNone(self.cloud.held(server_id, self.other(host)))
        with self.cloud.database.read() as connection:
            self.assertEqual([], connection.execute(server_move.select()).all())
        self.assertEqual([], self.cloud.settled_differences())
        self.assertEqual([], [name for name in self.images() if "on its way" in name])


class Machines(MoveCase):
    """Machines that only some hosts can make."""

    def test_hosts_that_can_make_it(self) -> None:
        image = self.cloud.make_image()
        for wrong, status in (({"hw_video_model": "cga"}, 400), ({"hw_machine_type": "vax"}, 202)):
            self.cloud.request("PATCH", f"/image/v2/images/{image}", [
                {"op": "add", "path": f"/{name}", "value": value} for name, value in wrong.items()],
                headers={"Content-Type": "application/openstack-images-v2.1-json-patch"})
            made = self.cloud.post(f"{V}/servers", {"server": {"name": "one", "imageRef": image, "flavorRef": "1"}})
            self.assertEqual(status, made.status_int, made.text)
            self.cloud.request("PATCH", f"/image/v2/images/{image}", [{"op": "remove", "path": f"/{name}"} for name in wrong],
                               headers={"Content-Type": "application/openstack-images-v2.1-json-patch"})
        server_id = made.json["server"]["id"]
        self.cloud.wait(server_id, "ERROR")
        self.assertIn("image_properties removed 2", self.shown(server_id)["fault"]["message"])
        self.cloud.remove(server_id)


class Resize(MoveCase):
    """resize, on the same host and to another."""

    def test_confirmed_on_the_same_host(self) -> None:
        for begins in ("ACTIVE", "SHUTOFF"):
            server_id = self.cloud.boot()
            if begins == "SHUTOFF":
                self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
            host = self.place(server_id)
            self.cloud.script(delays={"keep_disk": 0.4})
            self.assertEqual(202, self.ask(server_id, {"resize": {
                "flavorRef": "large", "OS-DCF:diskConfig": "AUTO"}}).status_int)
            shown = self.shown(server_id)
            self.assertEqual("AUTO", shown["OS-DCF:diskConfig"])
            self.assertEqual(("RESIZE", True), (shown["status"], shown["OS-EXT-STS:task_state"].startswith("resize")))
            self.cloud.wait(server_id, "VERIFY_RESIZE")
            self.cloud.script()
            self.check(server_id, "VERIFY_RESIZE", "resized", 1 if begins == "ACTIVE" else 4)
            self.assertEqual((host, "large", True), (
                self.place(server_id), self.flavor(server_id), "disk.before" in self.cloud.held(server_id, host)["files"]))
            for action in ({"os-stop": None}, {"os-start": None}, {"resize": {"flavorRef": "odd"}}, {"rebuild": {
                    "imageRef": self.cloud.image_id}}):
                self.refused(server_id, action)
            self.cloud.act(server_id, {"confirmResize": None}, begins, 204)
            self.check(server_id, begins, "active" if begins == "ACTIVE" else "stopped", 1 if begins == "ACTIVE" else 4)
            self.check_alone(server_id, host)
            self.refused(server_id, {"confirmResize": None})
            self.cloud.remove(server_id)

    def test_reverted(self) -> None:
        for same_host in (True, False):
            self.cloud.conf.set_override("resize_on_same_host", same_host, group="servers")
            self.addCleanup(self.cloud.conf.clear_override, "resize_on_same_host", group="servers")
            server_id = self.cloud.boot()
            host = self.place(server_id)
            self.cloud.act(server_id, {"resize": {"flavorRef": "large"}}, "VERIFY_RESIZE")
            self.assertEqual(host if same_host else self.other(host), self.place(server_id))
            self.check(server_id, "VERIFY_RESIZE", "resized", 1)
            self.cloud.act(server_id, {"revertResize": None}, "ACTIVE")
            self.check(server_id, "ACTIVE", "active", 1)
            self.assertEqual("1", self.flavor(server_id))
            self.check_alone(server_id, host)
            self.cloud.remove(server_id)

    def test_confirmed_on_another_host(self) -> None:
        self.cloud.conf.set_override("resize_on_same_host", False, group="servers")
        self.addCleanup(self.cloud.conf.clear_override, "resize_on_same_host", group="servers")
        server_id = self.cloud.boot()
        before = self.shown(server_id)["addresses"]
        host = self.place(server_id)
        self.cloud.act(server_id, {"resize": {"flavorRef": "large"}}, "VERIFY_RESIZE")
        self.assertEqual("off", self.cloud.held(server_id, host)["power"])
        self.cloud.act(server_id, {"confirmResize": None}, "ACTIVE", 204)
        self.check_alone(server_id, self.other(host))
        self.assertEqual(before, self.shown(server_id)["addresses"])
        self.cloud.remove(server_id)

    def test_a_resize_that_fails_leaves_the_server_as_it_was(self) -> None:
        for call, same_host in (("keep_disk", True), ("adapt", True), ("take_snapshot", False), ("create", False)):
            self.cloud.conf.set_override("resize_on_same_host", same_host, group="servers")
            self.addCleanup(self.cloud.conf.clear_override, "resize_on_same_host", group="servers")
            server_id = self.cloud.boot()
            host = self.place(server_id)
            self.cloud.script(faults={call: "no space"})
            self.cloud.act(server_id, {"resize": {"flavorRef": "large"}}, "ACTIVE")
            self.cloud.script()
            self.assertEqual("1", self.flavor(server_id), call)
            self.check(server_id, "ACTIVE", "active", 1)
            self.check_alone(server_id, host)
            self.cloud.remove(server_id)

    def test_what_is_refused(self) -> None:
        server_id = self.cloud.boot()
        for flavor in ("1", "tiny", "nowhere"):
            self.refused(server_id, {"resize": {"flavorRef": flavor}}, 400)
        self.refused(server_id, {"resize": {"flavorRef": "huge"}}, 403)
        self.refused(server_id, {"revertResize": None})
        self.cloud.conf.set_override("quota_cores", 1, group="servers")
        self.addCleanup(self.cloud.conf.clear_override, "quota_cores", group="servers")
        self.refused(server_id, {"resize": {"flavorRef": "large"}}, 403)
        self.cloud.remove(server_id)

    def test_two_at_once_have_room_in_the_quota_or_one_has_not(self) -> None:
        servers = [self.cloud.boot() for _ in range(2)]
        project = self.cloud.services.tokens.validate(self.cloud.token()).project_id
        owner = self.shown(servers[0])["user_id"]
        for query in ("", f"?user_id={owner}"):
            path = f"{V}/os-quota-sets/{project}"
            self.assertEqual(200, self.cloud.put(f"{path}{query}", {"quota_set": {"cores": 3}}).status_int)
            self.cloud.script(delays={"keep_disk": 0.4})
            self.assertEqual(202, self.ask(servers[0], {"resize": {"flavorRef": "large"}}).status_int)
            self.refused(servers[1], {"resize": {"flavorRef": "large"}}, 403)
            self.cloud.wait(servers[0], "VERIFY_RESIZE")
            self.cloud.script()
            self.refused(servers[1], {"resize": {"flavorRef": "large"}}, 403)
            self.cloud.act(servers[0], {"revertResize": None}, "ACTIVE")
            self.cloud.delete(f"{path}{query}")
        for server_id in servers:
            self.cloud.remove(server_id)

    def test_what_was_larger_has_room_to_go_back(self) -> None:
        server_id = self.cloud.boot(flavorRef="large")
        self.cloud.act(server_id, {"resize": {"flavorRef": "less"}}, "VERIFY_RESIZE")
        self.cloud.conf.set_override("quota_cores", 2, group="servers")
        self.addCleanup(self.cloud.conf.clear_override, "quota_cores", group="servers")
        refused = self.cloud.post(f"{V}/servers", {"server": {"name": "two", "imageRef": self.cloud.image_id, "flavorRef": "1"}})
        self.assertEqual(403, refused.status_int, refused.text)
        self.cloud.act(server_id, {"revertResize": None}, "ACTIVE")
        self.cloud.remove(server_id)

    def test_deleted_at_every_moment_of_it(self) -> None:
        self.cloud.conf.set_override("resize_on_same_host", False, group="servers")
        self.addCleanup(self.cloud.conf.clear_override, "resize_on_same_host", group="servers")
        for slow in ("take_snapshot", "create", None):
            server_id = self.cloud.boot()
            self.cloud.script(delays={slow: 0.5} if slow else {})
            self.assertEqual(202, self.ask(server_id, {"resize": {"flavorRef": "large"}}).status_int)
            if slow is None:
                self.cloud.wait(server_id, "VERIFY_RESIZE")
            self.cloud.remove(server_id)
            self.cloud.script()
            for host in ("h1", "h2"):
                self.assertIsNone(self.cloud.held(server_id, host))
            self.assertEqual([], self.cloud.settled_differences())
            self.assertEqual([], [name for name in self.images() if "on its way" in name])


class Migrate(MoveCase):
    """migrate."""

    def test_to_the_other_host_and_back(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.cloud.act(server_id, {"migrate": None}, "VERIFY_RESIZE")
        self.assertEqual((self.other(host), "1"), (self.place(server_id), self.flavor(server_id)))
        self.cloud.act(server_id, {"revertResize": None}, "ACTIVE")
        self.check_alone(server_id, host)
        self.assertEqual(202, self.ask(server_id, {"migrate": {"host": self.other(host)}}, "2.56").status_int)
        self.cloud.wait(server_id, "VERIFY_RESIZE")
        self.cloud.act(server_id, {"confirmResize": None}, "ACTIVE", 204)
        self.check_alone(server_id, self.other(host))
        self.cloud.remove(server_id)

    def test_what_is_refused(self) -> None:
        server_id = self.cloud.boot()
        for host in ("nowhere", self.place(server_id)):
            self.assertEqual(400, self.ask(server_id, {"migrate": {"host": host}}, "2.56").status_int)
        self.cloud.post(f"{V}/flavors", {"flavor": {
            "name": "extra", "id": "extra", "ram": 64, "vcpus": 1, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 1}})
        with_more = self.cloud.boot(flavorRef="extra")
        self.refused(with_more, {"migrate": None})
        for each in (server_id, with_more):
            self.cloud.remove(each)


class Shelve(MoveCase):
    """shelve, shelveOffload, unshelve."""

    def test_shelved_off_its_host_and_back(self) -> None:
        server_id = self.cloud.boot()
        addresses = self.shown(server_id)["addresses"]
        self.cloud.act(server_id, {"shelve": None}, "SHELVED_OFFLOADED")
        self.check(server_id, "SHELVED_OFFLOADED", "shelved_offloaded", 4)
        self.assertEqual("one-shelved", self.shelved_image()["name"])
        self.assertEqual(409, self.cloud.delete(f"/image/v2/images/{self.shelved_image()['id']}").status_int)
        for host in ("h1", "h2"):
            self.assertIsNone(self.cloud.held(server_id, host))
        for action in ({"os-start": None}, {"shelve": None}, {"shelveOffload": None}, {"rescue": None}):
            self.refused(server_id, action)
        self.assertEqual(202, self.ask(server_id, {"unshelve": {"host": "h2"}}, "2.91").status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.check_alone(server_id, "h2")
        self.assertEqual(addresses, self.shown(server_id)["addresses"])
        self.assertIsNone(self.shelved_image())
        self.cloud.remove(server_id)

    def shelved_image(self) -> Any:
        """Return the image that the server is shelved as."""
        found = [each for each in self.cloud.get("/image/v2/images").json["images"] if "-shelved" in each["name"]]
        return found[0] if found else None

    def test_shelved_on_its_host(self) -> None:
        self.cloud.conf.set_override("shelved_leave_hosts", False, group="servers")
        self.addCleanup(self.cloud.conf.clear_override, "shelved_leave_hosts", group="servers")
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.cloud.act(server_id, {"shelve": None}, "SHELVED")
        self.check(server_id, "SHELVED", "shelved", 4)
        self.cloud.act(server_id, {"unshelve": None}, "ACTIVE")
        self.check_alone(server_id, host)
        self.assertIsNone(self.shelved_image())
        self.cloud.act(server_id, {"shelve": None}, "SHELVED")
        self.cloud.act(server_id, {"shelveOffload": None}, "SHELVED_OFFLOADED")
        self.check(server_id, "SHELVED_OFFLOADED", "shelved_offloaded", 4)
        self.cloud.remove(server_id)
        self.assertIsNone(self.shelved_image())
        self.assertEqual([], self.cloud.settled_differences())

    def test_a_shelving_that_fails_leaves_the_server(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(faults={"take_snapshot": "no space"})
        self.cloud.act(server_id, {"shelve": None}, "ACTIVE")
        self.cloud.script()
        self.check(server_id, "ACTIVE", "active", 1)
        self.assertIsNone(self.shelved_image())
        self.cloud.remove(server_id)

    def test_an_unshelving_that_fails_leaves_it_shelved(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"shelve": None}, "SHELVED_OFFLOADED")
        self.cloud.script(faults={"create": "no space"})
        self.cloud.act(server_id, {"unshelve": None}, "SHELVED_OFFLOADED")
        self.cloud.script()
        self.check(server_id, "SHELVED_OFFLOADED", "shelved_offloaded", 4)
        self.assertEqual(400, self.ask(server_id, {"unshelve": {"availability_zone": "no"}}, "2.77").status_int)
        self.cloud.act(server_id, {"unshelve": None}, "ACTIVE")
        self.cloud.remove(server_id)


if __name__ == "__main__":
    unittest.main()
