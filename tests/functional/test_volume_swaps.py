"""Volumes that are replaced under a server that runs: a whole cloud in this process, with a fake driver."""

from typing import Any

from tests.fixtures.whole_cloud import V as C
from tests.functional.test_boot_from_volume import BootCase
from tests.functional.test_volume_life import V


class SwapTest(BootCase):
    """PUT of an attachment with another volume."""

    def setUp(self) -> None:
        self.old, self.new = self.make(), self.make(size=2)
        self.server_id = self.boot(self.root(delete_on_termination=True), {
            "source_type": "volume", "uuid": self.old, "tag": "data"})
        self.root_id = self.volumes_of(self.server_id)[0]["volumeId"]
        self.goes = self.root_id  # what goes with the server
        self.addCleanup(self.clear)

    def clear(self) -> None:
        """Delete everything."""
        self.cloud.script()
        if self.cloud.get(f"{C}/servers/{self.server_id}").status_int == 200:
            self.cloud.remove(self.server_id)
        for each in self.listed():
            if each not in (self.root_id, self.goes):
                self.wait(each, "available")
                self.remove(each)
        self.gone(self.root_id, self.goes)
        self.agree()

    def swap(self, old: str, new: str, status: int = 202, version: str = "2.1", token: str | None = None, **more: Any) -> str:
        """Ask for a swap; return the reason of a refusal."""
        asked = self.cloud.put(f"{C}/servers/{self.server_id}/os-volume_attachments/{old}", {
            "volumeAttachment": {"volumeId": new, **more}}, headers={"OpenStack-API-Version": f"compute {version}"},
            **({"token": token} if token else {}))
        self.assertEqual(status, asked.status_int, asked.text)
        return "" if status == 202 else str(next(iter(asked.json.values()))["message"])

    def check(self, *volumes: str) -> list[dict[str, Any]]:
        """See that the server has these volumes, and its guest too; return how they are shown."""
        self.settle(self.server_id)
        shown = self.volumes_of(self.server_id)
        self.assertEqual(list(volumes), [each["volumeId"] for each in shown])
        self.assertEqual(sorted(volumes), sorted(self.cloud.held(self.server_id)["volumes"]))
        for each in volumes:
            self.assertEqual("in-use", self.cloud.get(f"{V}/volumes/{each}").json["volume"]["status"])
        self.agree()
        return shown

    def test_a_larger_one_takes_the_place_of_one(self) -> None:
        self.swap(self.old, self.new, version="2.85", delete_on_termination=True)
        _, data = self.check(self.root_id, self.new)
        self.assertEqual(("/dev/vdb", "data", True), (data["device"], data["tag"], data["delete_on_termination"]))
        self.wait(self.old, "available")
        self.assertEqual(["swap_volume", "create"], [each["action"] for each in self.cloud.get(
            f"{C}/servers/{self.server_id}/os-instance-actions").json["instanceActions"]])
        self.cloud.act(self.server_id, {"os-stop": None}, "SHUTOFF")
        self.cloud.act(self.server_id, {"os-start": None}, "ACTIVE")
        self.check(self.root_id, self.new)
        self.cloud.remove(self.server_id)
        self.gone(self.new)

    def test_of_what_it_boots_from(self) -> None:
        self.swap(self.root_id, self.new)
        root, _ = self.check(self.new, self.old)
        self.assertEqual(("/dev/vda", True), (root["device"], root["delete_on_termination"]))
        self.wait(self.root_id, "available")
        self.remove(self.root_id)
        self.goes = self.new
        self.cloud.act(self.server_id, {"reboot": {"type": "HARD"}}, "ACTIVE")
        self.check(self.new, self.old)

    def test_what_fails_leaves_the_old_one(self) -> None:
        self.script(faults={"replace_disk": "no"})
        self.swap(self.old, self.new)
        self.check(self.root_id, self.old)
        self.wait(self.new, "available")
        messages = self.cloud.get(f"{V}/messages", headers={"OpenStack-API-Version": "volume 3.3"}).json["messages"]
        self.assertIn(("VOLUME_VOLUME_013_003", self.new), [(each["event_id"], each["resource_uuid"]) for each in messages])

    def test_what_has_gone_over_is_not_taken_back(self) -> None:
        self.script(faults={"grow_volume": "no"})
        self.swap(self.old, self.new)
        self.check(self.root_id, self.new)
        self.wait(self.old, "available")

    def test_deleted_meanwhile(self) -> None:
        self.script(delays={"replace_disk": 1.0})
        self.swap(self.old, self.new)
        self.wait(self.old, "detaching")
        self.wait(self.new, "attaching")
        for asked in (lambda: self.swap(self.old, self.new, 400), lambda: self.swap(self.root_id, self.old, 400),
                      lambda: self.swap(self.root_id, self.make(), 409)):
            asked()
        self.cloud.remove(self.server_id)
        self.wait(self.old, "available")
        self.wait(self.new, "available")

    def test_what_cannot_be(self) -> None:
        self.assertIn("at least as large", self._smaller())
        self.assertIn("is what the server has", self.swap(self.old, self.old, 400))
        self.swap(self.old, self.old, version="2.85", delete_on_termination=False)
        self.assertIn("could not be found", self.swap(self.old, "none", 400))
        self.swap("none", self.new, 404)
        self.assertIn("must be available", self.swap(self.old, self.root_id, 400))
        shared = self.cloud.post(f"{V}/types", {"volume_type": {"name": "shared", "extra_specs": {
            "multiattach": "<is> True"}}}).json["volume_type"]["id"]
        many = self.make(volume_type=shared)
        self.assertIn("several servers", self.swap(self.old, many, 409))
        self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": self.new}})
        read_only = self.make(size=1)
        self.cloud.post(f"{V}/volumes/{read_only}/action", {"os-update_readonly_flag": {"readonly": True}})
        self.assertIn("read-only", self.swap(self.old, read_only, 400))
        self.cloud.act(self.server_id, {"os-stop": None}, "SHUTOFF")
        self.swap(self.old, self.new, 409)
        self.check_off()
        self.cloud.delete(f"{V}/volumes/{self.new}?cascade=true")
        self.gone(self.new)

    def _smaller(self) -> str:
        """Ask for a smaller one in the place of a larger one."""
        asked = self.cloud.post(f"{C}/servers/{self.server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": self.new}})
        self.assertEqual(200, asked.status_int, asked.text)
        self.wait(self.new, "in-use")
        self.settle(self.server_id)
        reason = self.swap(self.new, self.make(), 400)
        self.cloud.delete(f"{C}/servers/{self.server_id}/os-volume_attachments/{self.new}")
        self.wait(self.new, "available")
        self.settle(self.server_id)
        return reason

    def check_off(self) -> None:
        """See that the server that is off has what it had."""
        self.assertEqual([self.root_id, self.old], [each["volumeId"] for each in self.volumes_of(self.server_id)])
        self.agree()


del BootCase
