"""A server's whole life in a whole cloud over fake drivers: every action, what is shown, and what the audit sees after it."""

import json
import unittest
from typing import Any

from cumulo.common.metadata import openstack_files
from cumulo.compute import servers
from cumulo.scheduler.facts import no_access, server_facts
from cumulo.scheduler.reclaimer import Reclaimer
from tests.fixtures.whole_cloud import V, WholeCloud


def at(version: str) -> dict[str, str]:
    """Return the header that asks for a microversion."""
    return {"OpenStack-API-Version": f"compute {version}"}


class LifeCase(unittest.TestCase):
    """One cloud for all stories of a class."""

    cloud: WholeCloud

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud()
        cls.addClassCleanup(cls.cloud.close)

    def shown(self, server_id: str, version: str = "2.1") -> Any:
        """Return a server as GET shows it."""
        return self.cloud.get(f"{V}/servers/{server_id}", headers=at(version)).json["server"]

    def ask(self, server_id: str, action: dict[str, Any], version: str = "2.1") -> Any:
        """Ask for an action and return the answer."""
        return self.cloud.post(f"{V}/servers/{server_id}/action", action, headers=at(version))

    def refused(self, server_id: str, action: dict[str, Any], status: int = 409) -> None:
        """Check that an action is refused."""
        answer = self.ask(server_id, action)
        self.assertEqual(status, answer.status_int, answer.text)

    def check(self, server_id: str, status: str, vm_state: str, power_state: int) -> None:
        """Check what is shown of a settled server, and that rows and hosts agree."""
        shown = self.shown(server_id)
        self.assertEqual((status, vm_state, power_state, None), (
            shown["status"], shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:power_state"],
            shown["OS-EXT-STS:task_state"]))
        self.assertEqual([], self.cloud.settled_differences())


class Hosts(LifeCase):
    """What hosts are asked about their guests, and themselves."""

    def test_diagnostics(self) -> None:
        server_id = self.cloud.boot()
        path = f"{V}/servers/{server_id}/diagnostics"
        named = self.cloud.get(path).json
        self.assertEqual((0, 128 * 1024, 0), (named["cpu0_time"], named["memory"], named["disk_read"]))
        shown = self.cloud.get(path, headers=at("2.48")).json
        self.assertEqual(("running", "libvirt", 1, 1, 1, False, 128), (
            shown["state"], shown["driver"], shown["num_cpus"], shown["num_nics"], shown["num_disks"],
            shown["config_drive"], shown["memory_details"]["maximum"]))
        self.assertGreaterEqual(shown["uptime"], 0)
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.assertEqual(409, self.cloud.get(path).status_int)
        alice = self.cloud.make_user("alice")
        self.assertEqual(403, self.cloud.get(path, token=alice).status_int)
        self.cloud.remove(server_id)

    def test_power_of_hosts(self) -> None:
        answers = {action: self.cloud.get(f"{V}/os-hosts/h1/{action}").status_int
                   for action in ("reboot", "shutdown", "startup")}
        self.assertEqual({"reboot": 409, "shutdown": 409, "startup": 400}, answers)
        self.assertEqual([404, 404], [self.cloud.get(f"{V}/os-hosts/{host}/reboot", headers=at(version)).status_int
                                      for host, version in (("none", "2.42"), ("h1", "2.43"))])


class Tags(LifeCase):
    """What owners call their cards."""

    def test_of_cards(self) -> None:
        tagged = [{"uuid": self.cloud.network_id, "tag": "wan"}]
        body = {"server": {"name": "one", "imageRef": self.cloud.image_id, "flavorRef": "1", "networks": tagged}}
        answers = {version: self.cloud.post(f"{V}/servers", body, headers=at(version))
                   for version in ("2.31", "2.32", "2.37", "2.41", "2.42")}
        self.assertEqual({"2.31": 400, "2.32": 202, "2.37": 400, "2.41": 400, "2.42": 202},
                         {version: answer.status_int for version, answer in answers.items()})
        servers_made = [answers[version].json["server"]["id"] for version in ("2.32", "2.42")]
        for server_id in servers_made:
            self.cloud.wait(server_id, "ACTIVE")
        path = f"{V}/servers/{servers_made[0]}/os-interface"
        self.cloud.post(path, {"interfaceAttachment": {"net_id": self.cloud.network_id, "tag": "lan"}}, headers=at("2.49"))
        self.cloud.wait(servers_made[0], "ACTIVE")
        shown = self.cloud.get(path, headers=at("2.70")).json["interfaceAttachments"]
        self.assertEqual(["lan", "wan"], sorted(each["tag"] for each in shown))
        self.assertNotIn("tag", self.cloud.get(path, headers=at("2.69")).json["interfaceAttachments"][0])
        with self.cloud.database.read() as connection:
            told = openstack_files(server_facts(connection, servers_made[0], no_access))
        devices = json.loads(told["openstack/latest/meta_data.json"])["devices"]
        self.assertEqual({(each["mac_addr"], each["tag"]) for each in shown},
                         {(each["mac"], each["tags"][0]) for each in devices})
        for server_id in servers_made:
            self.cloud.remove(server_id)


class Passwords(LifeCase):
    """changePassword."""

    def test_set_in_a_running_guest(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(delays={"set_password": 0.4})
        change = {"changePassword": {"adminPass": "another"}}
        self.assertEqual(202, self.ask(server_id, change).status_int)
        shown = self.shown(server_id)
        self.assertEqual(("PASSWORD", "updating_password"), (shown["status"], shown["OS-EXT-STS:task_state"]))
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual(1, self.cloud.held(server_id)["passwords"])
        self.assertNotIn("another", str(self.cloud.get(f"{V}/servers/{server_id}/os-instance-actions").json))
        self.cloud.script(faults={"set_password": "the guest says no"})
        self.cloud.act(server_id, change, "ACTIVE")
        self.cloud.script()
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.refused(server_id, change)
        for wrong in ({}, {"adminPass": 5}, {"adminPass": "x" * 256}):
            self.refused(server_id, {"changePassword": wrong}, 400)
        self.cloud.remove(server_id)


class Sleep(LifeCase):
    """Pause and suspend."""

    def test_pause_and_unpause(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"pause": None}, "PAUSED")
        self.check(server_id, "PAUSED", "paused", 3)
        for action in ({"pause": None}, {"os-start": None}, {"os-stop": None}, {"suspend": None}, {"resume": None}):
            self.refused(server_id, action)
        self.cloud.act(server_id, {"unpause": None}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.refused(server_id, {"unpause": None})
        self.cloud.remove(server_id)

    def test_suspend_and_resume(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"suspend": None}, "SUSPENDED")
        self.check(server_id, "SUSPENDED", "suspended", 4)
        for action in ({"suspend": None}, {"os-start": None}, {"pause": None}, {"unpause": None}):
            self.refused(server_id, action)
        self.cloud.act(server_id, {"resume": None}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.cloud.remove(server_id)

    def test_hard_reboot_wakes(self) -> None:
        for action, status in (({"pause": None}, "PAUSED"), ({"suspend": None}, "SUSPENDED")):
            server_id = self.cloud.boot()
            self.cloud.act(server_id, action, status)
            self.refused(server_id, {"reboot": {"type": "SOFT"}})
            self.cloud.act(server_id, {"reboot": {"type": "HARD"}}, "ACTIVE")
            self.check(server_id, "ACTIVE", "active", 1)
            self.cloud.remove(server_id)

    def test_a_sleeping_server_is_listed_and_deleted(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"suspend": None}, "SUSPENDED")
        found = self.cloud.get(f"{V}/servers?status=SUSPENDED").json["servers"]
        self.assertEqual([server_id], [each["id"] for each in found])
        self.cloud.remove(server_id)
        self.assertEqual([], self.cloud.settled_differences())


class Images(LifeCase):
    """createImage and createBackup."""

    def image(self, image_id: str) -> Any:
        """Return an image as GET shows it, None when it is gone."""
        answer = self.cloud.get(f"/image/v2/images/{image_id}")
        return None if answer.status_int == 404 else answer.json

    def save(self, server_id: str, name: str = "sn\u00e4p", **metadata: str) -> str:
        """Save a server and return the image's id."""
        answer = self.ask(server_id, {"createImage": {"name": name, "metadata": metadata}})
        self.assertEqual((202, b""), (answer.status_int, answer.body), answer.text)
        return str(answer.headers["Location"].rpartition("/")[2])

    def test_a_server_is_saved_as_it_is(self) -> None:
        for action, status in (({}, "ACTIVE"), ({"os-stop": None}, "SHUTOFF"), ({"suspend": None}, "SUSPENDED")):
            server_id = self.cloud.boot()
            if action:
                self.cloud.act(server_id, action, status)
            image_id = self.save(server_id, colour="red")
            self.cloud.wait(server_id, status)
            image = self.image(image_id)
            self.assertEqual(("active", "sn\u00e4p", "private", "red", "snapshot", server_id, 1), tuple(
                image[key] for key in ("status", "name", "visibility", "colour", "image_type", "instance_uuid", "min_disk")))
            data = self.cloud.get(f"/image/v2/images/{image_id}/file").body
            self.assertIn(server_id.encode(), data)
            self.assertEqual([], self.cloud.settled_differences())
            again = self.cloud.boot(imageRef=image_id)
            for each in (again, server_id):
                self.cloud.remove(each)
            self.cloud.delete(f"/image/v2/images/{image_id}")

    def test_the_answer_names_the_image_from_2_45(self) -> None:
        server_id = self.cloud.boot()
        answer = self.ask(server_id, {"createImage": {"name": "one"}}, "latest")
        shown = self.cloud.get(f"{V}/").json["version"]["version"]
        named = "image_id" in (answer.json if answer.body else {})
        self.assertEqual([int(each) for each in shown.split(".")] >= [2, 45], named)
        self.cloud.wait(server_id, "ACTIVE")
        self.cloud.remove(server_id)

    def test_an_image_that_is_deleted_meanwhile_leaves_nothing(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(delays={"take_snapshot": 0.6})
        image_id = self.save(server_id)
        shown = self.shown(server_id)
        self.assertIn(shown["OS-EXT-STS:task_state"], ("image_snapshot_pending", "image_snapshot"))
        self.refused(server_id, {"createImage": {"name": "two"}})
        self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image_id}").status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.cloud.script()
        self.assertIsNone(self.image(image_id))
        self.assertEqual([], self.cloud.settled_differences())
        actions = self.cloud.get(f"{V}/servers/{server_id}/os-instance-actions").json["instanceActions"]
        self.assertEqual(("createImage", "Error"), (actions[0]["action"], actions[0]["message"]))
        self.cloud.remove(server_id)

    def test_a_server_that_is_deleted_meanwhile_takes_its_image_along(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(delays={"take_snapshot": 0.6})
        image_id = self.save(server_id)
        self.cloud.remove(server_id)
        self.cloud.script()
        self.assertIsNone(self.image(image_id))
        self.assertEqual([], self.cloud.settled_differences())

    def test_a_disk_that_cannot_be_copied_leaves_the_server(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(faults={"take_snapshot": "no space"})
        image_id = self.save(server_id)
        self.cloud.wait(server_id, "ACTIVE")
        self.cloud.script()
        self.assertIsNone(self.image(image_id))
        self.cloud.remove(server_id)

    def test_backups_are_rotated(self) -> None:
        server_id = self.cloud.boot()
        made = []
        for number in range(3):
            answer = self.ask(server_id, {"createBackup": {
                "name": f"backup-{number}", "backup_type": "daily", "rotation": 2}})
            self.assertEqual(202, answer.status_int, answer.text)
            made.append(answer.headers["Location"].rpartition("/")[2])
            self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual([None, "backup", "backup"], [(self.image(each) or {}).get("image_type") for each in made])
        self.assertEqual("daily", self.image(made[2])["backup_type"])
        self.cloud.remove(server_id)

    def test_what_is_refused_makes_no_image(self) -> None:
        server_id = self.cloud.boot()
        before = len(self.cloud.get("/image/v2/images").json["images"])
        self.refused(server_id, {"createImage": {"name": ""}}, 400)
        self.refused(server_id, {"createImage": {"name": "a", "metadata": {"name": "b"}}}, 400)
        self.refused(server_id, {"createImage": {"name": "a", "metadata": {"status": "b"}}}, 403)
        self.refused(server_id, {"createBackup": {"name": "a", "backup_type": "b", "rotation": -1}}, 400)
        self.refused(server_id, {"createBackup": {"name": "a", "backup_type": "b"}}, 400)
        many = {f"key{number}": "value" for number in range(129)}
        self.refused(server_id, {"createImage": {"name": "a", "metadata": many}}, 403)
        self.assertEqual(before, len(self.cloud.get("/image/v2/images").json["images"]))
        self.cloud.remove(server_id)


class Rebuild(LifeCase):
    """rebuild."""

    def test_a_server_keeps_all_but_its_disks(self) -> None:
        other = self.cloud.make_image()
        for status, power in (("ACTIVE", 1), ("SHUTOFF", 4)):
            server_id = self.cloud.boot()
            if status == "SHUTOFF":
                self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
            before = self.shown(server_id)
            self.cloud.script(delays={"wipe": 0.4})
            answer = self.ask(server_id, {"rebuild": {
                "imageRef": other, "name": "rebuilt", "metadata": {"a": "b"}, "adminPass": "secret"}})
            self.assertEqual(202, answer.status_int, answer.text)
            told = answer.json["server"]
            self.assertEqual(("REBUILD", "secret", "rebuilt", {"a": "b"}, other), (
                told["status"], told["adminPass"], told["name"], told["metadata"], told["image"]["id"]))
            shown = self.shown(server_id)
            self.assertEqual(("REBUILD", True), (shown["status"], shown["OS-EXT-STS:task_state"].startswith("rebuild")))
            listed = self.cloud.get(f"{V}/servers?status=REBUILD").json["servers"]
            self.assertEqual([server_id], [each["id"] for each in listed])
            self.cloud.wait(server_id, status)
            self.cloud.script()
            self.check(server_id, status, "active" if power == 1 else "stopped", power)
            after = self.shown(server_id)
            self.assertEqual((before["addresses"], before["hostId"], other), (
                after["addresses"], after["hostId"], after["image"]["id"]))
            self.assertEqual(other, self.cloud.held(server_id)["image"])
            self.cloud.remove(server_id)

    def test_a_rebuild_that_fails_may_be_asked_for_again(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(faults={"create": "no space"})
        rebuild = {"rebuild": {"imageRef": self.cloud.image_id}}
        self.cloud.act(server_id, rebuild, "ERROR")
        self.assertIn("no space", self.shown(server_id)["fault"]["message"])
        self.cloud.script()
        self.cloud.act(server_id, rebuild, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.cloud.remove(server_id)

    def test_what_is_refused(self) -> None:
        server_id = self.cloud.boot()
        image = {"imageRef": self.cloud.image_id}
        for more, status in (({"imageRef": "nowhere"}, 400), (image | {"name": ""}, 400), (image | {"nonsense": 1}, 400),
                             (image | {"personality": [{}]}, 400), ({}, 400)):
            self.refused(server_id, {"rebuild": more}, status)
        self.cloud.act(server_id, {"pause": None}, "PAUSED")
        self.refused(server_id, {"rebuild": image})
        self.cloud.remove(server_id)

    def test_deleted_while_it_is_rebuilt(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(delays={"wipe": 0.4})
        self.ask(server_id, {"rebuild": {"imageRef": self.cloud.image_id}})
        self.cloud.remove(server_id)
        self.cloud.script()
        self.assertEqual([], self.cloud.settled_differences())


class Interrupt(LifeCase):
    """trigger_crash_dump, since 2.17."""

    def test_it_reaches_the_guest(self) -> None:
        server_id, dump = self.cloud.boot(), {"trigger_crash_dump": None}
        self.assertEqual([400, 202], [self.ask(server_id, dump, each).status_int for each in ("2.16", "2.17")])
        self.assertIn("NMI", self.cloud.held(server_id)["console"])
        self.assertEqual(400, self.ask(server_id, {"trigger_crash_dump": {}}, "2.17").status_int)
        self.cloud.act(server_id, {"pause": None}, "PAUSED")
        self.assertEqual(202, self.ask(server_id, dump, "2.17").status_int)
        self.cloud.act(server_id, {"unpause": None}, "ACTIVE")
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.assertEqual(409, self.ask(server_id, dump, "2.17").status_int)
        self.cloud.remove(server_id)
        self.assertEqual(404, self.ask(server_id, dump, "2.17").status_int)


class Files(LifeCase):
    """personality."""

    def test_they_are_on_the_config_drive(self) -> None:
        given = [{"path": "/etc/motd", "contents": "aGVsbG8="}]
        server_id = self.cloud.boot(personality=given)
        self.assertEqual("True", self.cloud.get(f"{V}/servers/{server_id}").json["server"]["config_drive"])
        self.assertIn("config.iso", self.cloud.held(server_id)["files"])
        self.assertEqual((given, b"hello"), self.told(server_id))
        self.cloud.act(server_id, {"rebuild": {"imageRef": self.cloud.image_id}}, "ACTIVE")
        self.assertEqual((None, None), self.told(server_id))
        plain = self.cloud.boot()
        self.cloud.act(plain, {"rebuild": {"imageRef": self.cloud.image_id, "personality": given}}, "ACTIVE")
        self.assertEqual((given, b"hello"), self.told(plain))
        self.assertIn("config.iso", self.cloud.held(plain)["files"])
        for each in (server_id, plain):
            self.cloud.remove(each)
        self.assertEqual([], self.cloud.settled_differences())

    def told(self, server_id: str) -> tuple[Any, bytes | None]:
        """Return the files that a server's host is told of, and what its config drive would hold of the first."""
        with self.cloud.database.read() as connection:
            facts = server_facts(connection, server_id, no_access)
        return facts["injected_files"], openstack_files(facts).get("openstack/content/0000")


class Rescue(LifeCase):
    """rescue and unrescue."""

    def test_rescue_and_back(self) -> None:
        for status, more in (("ACTIVE", None), ("SHUTOFF", {"rescue_image_ref": self.cloud.image_id})):
            server_id = self.cloud.boot()
            if status == "SHUTOFF":
                self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
            answer = self.ask(server_id, {"rescue": more})
            self.assertEqual((200, ["adminPass"]), (answer.status_int, list(answer.json)))
            self.cloud.wait(server_id, "RESCUE")
            self.check(server_id, "RESCUE", "rescued", 1)
            for action in ({"rescue": None}, {"pause": None}, {"os-stop": None}, {"createImage": {"name": "a"}}):
                self.refused(server_id, action)
            self.cloud.act(server_id, {"unrescue": None}, "ACTIVE")
            self.check(server_id, "ACTIVE", "active", 1)
            self.refused(server_id, {"unrescue": None})
            self.cloud.remove(server_id)

    def test_a_rescue_that_fails_leaves_the_server_as_it_was(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(faults={"rescue": "no space"})
        self.ask(server_id, {"rescue": None})
        self.cloud.wait(server_id, "ACTIVE")
        self.cloud.script()
        self.check(server_id, "ACTIVE", "active", 1)
        self.cloud.act(server_id, {"rescue": {"adminPass": "secret"}}, "RESCUE", 200)
        self.cloud.remove(server_id)
        self.assertEqual([], self.cloud.settled_differences())


class Power(LifeCase):
    """Guests that change by themselves, and administrators who say what is."""

    def test_a_guest_that_shuts_itself_down_becomes_shutoff(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(guests_off=[server_id])
        self.cloud.wait(server_id, "SHUTOFF")
        self.cloud.script()
        self.check(server_id, "SHUTOFF", "stopped", 4)
        self.cloud.act(server_id, {"os-start": None}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.cloud.remove(server_id)

    def test_reset_state(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"os-resetState": {"state": "error"}}, "ERROR")
        self.cloud.act(server_id, {"os-resetState": {"state": "active"}}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.assertEqual(202, self.ask(server_id, {"os-resetState": {"state": "active"}}).status_int)
        self.cloud.wait(server_id, "SHUTOFF")  # the host knows better
        self.refused(server_id, {"os-resetState": {"state": "paused"}}, 400)
        member = self.cloud.make_user("resetting")
        refused = self.cloud.post(f"{V}/servers/{server_id}/action", {"os-resetState": {"state": "error"}}, token=member)
        self.assertIn(refused.status_int, (403, 404))
        self.cloud.remove(server_id)


class Deletion(LifeCase):
    """Deleting softly, restoring, and deleting for good."""

    def setUp(self) -> None:
        self.cloud.conf.set_override("reclaim_deleted_after_s", 3600, group="servers")
        self.addCleanup(self.cloud.conf.clear_override, "reclaim_deleted_after_s", group="servers")

    def test_deleted_softly_and_restored(self) -> None:
        server_id = self.cloud.boot()
        self.assertEqual(204, self.cloud.delete(f"{V}/servers/{server_id}").status_int)
        self.cloud.wait(server_id, "SOFT_DELETED")
        self.check(server_id, "SOFT_DELETED", "soft-delete", 4)
        self.refused(server_id, {"os-start": None})
        self.cloud.act(server_id, {"restore": None}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.refused(server_id, {"restore": None})
        self.cloud.act(server_id, {"forceDelete": None}, "DELETED")
        self.assertEqual([], self.cloud.settled_differences())

    def test_what_was_deleted_softly_is_reclaimed(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.delete(f"{V}/servers/{server_id}")
        self.cloud.wait(server_id, "SOFT_DELETED")
        reclaimer = Reclaimer(self.cloud.runtime, self.cloud.database)
        self.assertEqual(0, reclaimer.run_once())
        with self.cloud.database.write() as connection:
            servers.update_server(connection, self.cloud.database.now(connection) - 3601, server_id)
        self.assertEqual(1, reclaimer.run_once())
        self.cloud.wait(server_id, "DELETED")
        self.assertEqual([], self.cloud.settled_differences())

    def test_a_second_delete_is_for_good(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.delete(f"{V}/servers/{server_id}")
        self.cloud.wait(server_id, "SOFT_DELETED")
        self.cloud.remove(server_id)

    def test_delete_from_every_state(self) -> None:
        self.cloud.conf.clear_override("reclaim_deleted_after_s", group="servers")
        for actions in (({"pause": None}, "PAUSED"), ({"rescue": {"adminPass": "a"}}, "RESCUE"),
                        ({"os-resetState": {"state": "error"}}, "ERROR"), ({"suspend": None}, "SUSPENDED")):
            server_id = self.cloud.boot()
            self.cloud.act(server_id, *actions, 200 if "rescue" in actions[0] else 202)
            self.cloud.remove(server_id)
        self.assertEqual([], self.cloud.settled_differences())


class Cards(LifeCase):
    """os-interface."""

    def cards(self, server_id: str) -> list[Any]:
        """The cards as the API lists them."""
        return list(self.cloud.get(f"{V}/servers/{server_id}/os-interface").json["interfaceAttachments"])

    def attach(self, server_id: str, status: int = 200, **asked: Any) -> Any:
        """Ask for a card and wait until nothing is under way."""
        answer = self.cloud.post(f"{V}/servers/{server_id}/os-interface", {"interfaceAttachment": asked})
        self.assertEqual(status, answer.status_int, answer.text)
        if status != 200:
            return None
        self.cloud.wait(server_id, self.shown(server_id)["status"])
        return answer.json["interfaceAttachment"]

    def detach(self, server_id: str, port_id: str) -> None:
        """Take a card and wait."""
        answer = self.cloud.delete(f"{V}/servers/{server_id}/os-interface/{port_id}")
        self.assertEqual(202, answer.status_int, answer.text)
        self.cloud.wait(server_id, self.shown(server_id)["status"])

    def make_port(self) -> str:
        """Make a port that is nobody's."""
        made = self.cloud.post("/network/v2.0/ports", {"port": {"network_id": self.cloud.network_id}})
        return str(made.json["port"]["id"])

    def test_a_running_server_gets_and_loses_a_card(self) -> None:
        for status in ("ACTIVE", "SHUTOFF"):
            server_id = self.cloud.boot()
            if status == "SHUTOFF":
                self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
            made = self.attach(server_id, net_id=self.cloud.network_id)
            self.assertEqual({"port_id", "net_id", "mac_addr", "fixed_ips", "port_state"}, set(made))
            self.assertEqual(2, len(self.cards(server_id)))
            self.assertEqual(2, len(self.cloud.held(server_id)["cards"]))
            self.assertEqual([], self.cloud.settled_differences())
            shown = self.cloud.get(f"{V}/servers/{server_id}/os-interface/{made['port_id']}").json["interfaceAttachment"]
            self.assertEqual(("ACTIVE", made["mac_addr"]), (shown["port_state"], shown["mac_addr"]))
            self.detach(server_id, made["port_id"])
            self.assertEqual(1, len(self.cards(server_id)))
            self.assertEqual(404, self.cloud.get(f"/network/v2.0/ports/{made['port_id']}").status_int)
            self.assertEqual([], self.cloud.settled_differences())
            self.cloud.remove(server_id)

    def test_a_port_that_was_there_outlives_the_server(self) -> None:
        for way in ("detach", "delete"):
            server_id, port_id = self.cloud.boot(), self.make_port()
            self.assertEqual(port_id, self.attach(server_id, port_id=port_id)["port_id"])
            self.attach(self.cloud.boot(), 400, port_id=port_id)
            if way == "detach":
                self.detach(server_id, port_id)
            self.cloud.remove(server_id)
            left = self.cloud.get(f"/network/v2.0/ports/{port_id}").json["port"]
            self.assertEqual(("", "", "DOWN"), (left["device_id"], left["device_owner"], left["status"]))
            self.assertEqual([], self.cloud.settled_differences())

    def test_a_deleted_port_takes_its_card_along(self) -> None:
        server_id = self.cloud.boot()
        port_id = self.cards(server_id)[0]["port_id"]
        self.assertEqual(204, self.cloud.delete(f"/network/v2.0/ports/{port_id}").status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual([], self.cloud.held(server_id)["cards"])
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(server_id)

    def test_a_card_that_fails_leaves_no_port(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(faults={"plug_card": "no slot"})
        made = self.attach(server_id, net_id=self.cloud.network_id)
        self.cloud.script()
        self.assertEqual(404, self.cloud.get(f"/network/v2.0/ports/{made['port_id']}").status_int)
        self.assertEqual(1, len(self.cards(server_id)))
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(server_id)

    def test_what_is_refused(self) -> None:
        server_id = self.cloud.boot()
        nowhere = "00000000-0000-4000-8000-00000000dead"
        own = self.cards(server_id)[0]["port_id"]
        for status, asked in ((400, {"net_id": self.cloud.network_id, "port_id": own}), (404, {"port_id": nowhere}),
                              (400, {"net_id": nowhere}), (400, {"port_id": own}),
                              (400, {"fixed_ips": [{"ip_address": "10.1.0.9"}]}), (400, {"nonsense": 1})):
            self.attach(server_id, status, **asked)
        for method in (self.cloud.get, self.cloud.delete):
            self.assertEqual(404, method(f"{V}/servers/{server_id}/os-interface/{nowhere}").status_int)
        self.cloud.act(server_id, {"suspend": None}, "SUSPENDED")
        self.attach(server_id, 409, net_id=self.cloud.network_id)
        self.cloud.remove(server_id)


if __name__ == "__main__":
    unittest.main()
