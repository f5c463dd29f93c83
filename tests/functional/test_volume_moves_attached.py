"""Volumes that move to another backend under a server: a whole cloud in this process, two backends that store nothing."""

import json
import pathlib
from typing import Any

from tests.fixtures.whole_cloud import V as C
from tests.fixtures.whole_cloud import WholeCloud
from tests.functional.test_boot_from_volume import BootCase
from tests.functional.test_volume_life import V


class MoveAttachedTest(BootCase):
    """os-retype and os-migrate_volume of a volume in use."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(("volume", "enabled_backends", ["fake:fake", "other:fake"]))
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()
        for name in ("fake", "other"):
            cls.cloud.post(f"{V}/types", {"volume_type": {"name": name, "extra_specs": {"volume_backend_name": name}}})

    def setUp(self) -> None:
        self.volume_id = self.make(volume_type="fake", size=2)
        self.server_id = self.cloud.boot()
        asked = self.cloud.post(f"{C}/servers/{self.server_id}/os-volume_attachments", {
            "volumeAttachment": {"volumeId": self.volume_id}})
        self.assertEqual(200, asked.status_int, asked.text)
        self.wait(self.volume_id, "in-use")
        self.settle(self.server_id)
        self.addCleanup(self.clear)

    def clear(self) -> None:
        """Delete everything."""
        self.cloud.script()
        if self.cloud.get(f"{C}/servers/{self.server_id}").status_int == 200:
            self.cloud.remove(self.server_id)
        for each in self.listed():
            self.wait(each, "available")
            self.remove(each, "?cascade=true")
        self.agree()

    def held_by(self, backend: str) -> list[str]:
        """Return the volumes that a backend remembers."""
        path = pathlib.Path(self.cloud.directory, f"fake-volumes.h1.{backend}.json")
        return [*json.loads(path.read_text(encoding="utf-8"))["volumes"]] if path.exists() else []

    def retype(self, status: int = 202, name: str = "other") -> str:
        """Ask for another type, with its backend."""
        asked = self.cloud.post(f"{V}/volumes/{self.volume_id}/action", {
            "os-retype": {"new_type": name, "migration_policy": "on-demand"}})
        self.assertEqual(status, asked.status_int, asked.text)
        return asked.text

    def check(self, backend: str, status: str | None, its_type: str) -> dict[str, Any]:
        """See where the volume is, and that the server has it still."""
        self.settle(self.server_id)
        shown = self.wait(self.volume_id, "in-use")
        self.assertEqual((f"h1@{backend}#{backend}", status, its_type), (
            shown["os-vol-host-attr:host"], shown["migration_status"], shown["volume_type"]))
        self.assertEqual([self.volume_id], [each["volumeId"] for each in self.volumes_of(self.server_id)])
        self.assertEqual([[self.volume_id] if each == backend else [] for each in ("fake", "other")],
                         [self.held_by(each) for each in ("fake", "other")])
        self.agree()
        return shown

    def test_another_type_takes_it_along(self) -> None:
        self.script(delays={"replace_disk": 0.7})
        self.retype()
        shown = self.cloud.get(f"{V}/volumes/{self.volume_id}").json["volume"]
        self.assertIn((shown["status"], shown["migration_status"]), [("in-use", "starting"), ("in-use", "migrating")])
        for action in ({"os-extend": {"new_size": 4}}, {"os-migrate_volume": {"host": "h1@other#other"}}):
            refused = self.cloud.post(f"{V}/volumes/{self.volume_id}/action", action, headers={
                "OpenStack-API-Version": "volume 3.42"})
            self.assertEqual(400, refused.status_int, refused.text)
            self.assertIn("is moving to another backend", refused.text)
        self.assertEqual(400, self.cloud.post(f"{V}/snapshots", {"snapshot": {
            "volume_id": self.volume_id, "force": True}}).status_int)
        self.assertEqual(409, self.cloud.delete(f"{C}/servers/{self.server_id}/os-volume_attachments/{self.volume_id}").status_int)
        self.check("other", "success", "other")
        self.assertEqual([self.volume_id], self.cloud.held(self.server_id)["volumes"])
        self.script()
        self.cloud.act(self.server_id, {"reboot": {"type": "HARD"}}, "ACTIVE")
        self.check("other", "success", "other")
        self.retype(name="fake")
        self.check("fake", "success", "fake")

    def test_an_administrator_moves_it(self) -> None:
        self.cloud.post(f"{V}/types", {"volume_type": {"name": "any"}})
        self.retype(name="any")
        asked = self.cloud.post(f"{V}/volumes/{self.volume_id}/action", {"os-migrate_volume": {"host": "h1@other#other"}})
        self.assertEqual(202, asked.status_int, asked.text)
        self.check("other", "success", "any")

    def test_of_a_server_that_is_off(self) -> None:
        self.cloud.act(self.server_id, {"os-stop": None}, "SHUTOFF")
        self.retype()
        self.check("other", "success", "other")
        self.cloud.act(self.server_id, {"os-start": None}, "ACTIVE")
        self.check("other", "success", "other")

    def test_what_fails_stays(self) -> None:
        self.script(faults={"replace_disk": "no"})
        for _ in range(2):
            self.retype()
            self.check("fake", "error", "fake")

    def test_deleted_meanwhile(self) -> None:
        self.script(delays={"replace_disk": 0.7})
        self.retype()
        self.cloud.remove(self.server_id)
        shown = self.wait(self.volume_id, "available")
        self.assertIn((shown["os-vol-host-attr:host"], shown["migration_status"]), [
            ("h1@fake#fake", "error"), ("h1@other#other", "success")])
        self.assertEqual(1, len(self.held_by("fake") + self.held_by("other")))
        self.agree()

    def test_what_cannot_move(self) -> None:
        snapshot = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": self.volume_id, "force": True}}).json["snapshot"]["id"]
        self.wait(snapshot, "available", "snapshot")
        self.assertIn("has snapshots", self.retype(400))
        self.cloud.delete(f"{V}/snapshots/{snapshot}")
        self.wait(snapshot, "", "snapshot")
        self.cloud.act(self.server_id, {"suspend": None}, "SUSPENDED")
        self.assertIn("is SUSPENDED", self.retype(400))
        self.check("fake", None, "fake")


del BootCase
