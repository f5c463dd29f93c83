"""Servers with volumes that leave their hosts: two hosts, fake drivers, a whole cloud."""

import time
from typing import Any

from tests.fixtures.whole_cloud import TIMEOUT_S, WholeCloud
from tests.fixtures.whole_cloud import V as C
from tests.functional.test_boot_from_volume import BootCase


class MoveTest(BootCase):
    """Whatever moves the server: its volumes are the same ones, and opened where it is."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(more_hosts=("h2",))
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()
        cls.cloud.post(f"{C}/flavors", {"flavor": {"name": "large", "id": "large", "ram": 256, "vcpus": 2, "disk": 5}})

    def setUp(self) -> None:
        self.data = self.make(size=2)
        self.server_id = self.boot(self.root(delete_on_termination=True), {"source_type": "volume", "uuid": self.data})
        self.volumes = [each["volumeId"] for each in self.volumes_of(self.server_id)]
        self.source = self.place()

    def place(self) -> str:
        """Return the host of the server."""
        return str(self.server(self.server_id)["OS-EXT-SRV-ATTR:host"])

    def act(self, action: dict[str, Any], status: str, version: str = "2.68") -> None:
        """Ask for an action and wait for what it ends as."""
        asked = self.cloud.post(f"{C}/servers/{self.server_id}/action", action,
                                headers={"OpenStack-API-Version": f"compute {version}"})
        self.assertIn(asked.status_int, (200, 202, 204), asked.text)
        self.cloud.wait(self.server_id, status)

    def check(self, host: str | None) -> None:
        """See that the server has its volumes on this host and nowhere else."""
        self.assertEqual(self.volumes, [each["volumeId"] for each in self.volumes_of(self.server_id)])
        for each in self.volumes:
            uses = self.wait(each, "in-use")["attachments"]
            self.assertEqual([(self.server_id, host)], [(use["server_id"], use["host_name"]) for use in uses])
        for name in ("h1", "h2"):
            held = self.cloud.held(self.server_id, name)
            self.assertEqual(sorted(self.volumes) if name == host else None, held and sorted(held["volumes"]), name)
        self.agree()

    def end(self) -> None:
        """Delete everything."""
        self.cloud.remove(self.server_id)
        self.wait(self.data, "available")
        self.remove(self.data)
        self.gone(*self.volumes)
        self.agree()

    def other(self) -> str:
        """Return the host that the server was not on."""
        return "h2" if self.source == "h1" else "h1"

    def test_live(self) -> None:
        self.act({"os-migrateLive": {"host": None, "block_migration": False}}, "ACTIVE")
        self.check(self.other())
        self.end()

    def test_cold_and_back(self) -> None:
        self.act({"migrate": None}, "VERIFY_RESIZE", "2.55")
        self.act({"revertResize": None}, "ACTIVE")
        self.check(self.source)
        self.act({"migrate": None}, "VERIFY_RESIZE", "2.55")
        self.act({"confirmResize": None}, "ACTIVE")
        self.check(self.other())
        self.end()

    def test_larger(self) -> None:
        self.act({"resize": {"flavorRef": "large"}}, "VERIFY_RESIZE")
        self.act({"confirmResize": None}, "ACTIVE")
        self.check(self.place())
        with self.cloud.database.read() as connection:
            self.assertEqual([0], list(connection.exec_driver_sql("select disk_gib from claim").scalars()))
        self.end()

    def test_a_move_that_fails(self) -> None:
        self.script(faults={"expect": "no", "create": "no"})
        for action, status in (({"os-migrateLive": {"host": None, "block_migration": "auto"}}, "ACTIVE"),
                               ({"migrate": None}, "ACTIVE")):
            self.act(action, status, "2.55")
            self.check(self.source)
        self.cloud.script()
        self.end()

    def test_shelved_and_back(self) -> None:
        self.act({"shelve": None}, "SHELVED_OFFLOADED")
        for each in self.volumes:
            self.wait(each, "in-use")
        self.assertIsNone(self.cloud.held(self.server_id, self.source))
        self.agree()
        self.act({"unshelve": {"host": self.other()}}, "ACTIVE", "2.91")
        self.check(self.other())
        self.end()

    def test_given_and_taken_while_shelved(self) -> None:
        self.act({"shelve": None}, "SHELVED_OFFLOADED")
        path, other = f"{C}/servers/{self.server_id}/os-volume_attachments", self.make()
        for version, status in (("2.19", 409), ("2.20", 200)):
            asked = self.cloud.post(path, {"volumeAttachment": {"volumeId": other}},
                                    headers={"OpenStack-API-Version": f"compute {version}"})
            self.assertEqual(status, asked.status_int, asked.text)
        self.wait(other, "in-use")
        self.assertEqual(202, self.cloud.delete(f"{path}/{self.data}", headers={
            "OpenStack-API-Version": "compute 2.20"}).status_int)
        self.wait(self.data, "available")
        self.agree()
        self.act({"unshelve": None}, "ACTIVE", "2.76")
        self.volumes = [self.volumes[0], other]
        self.check(self.place())
        self.cloud.remove(self.server_id)
        self.remove(self.data)
        self.wait(other, "available")
        self.remove(other)
        self.agree()

    def test_evacuated(self) -> None:
        service = next(each["id"] for each in self.cloud.get(f"{C}/os-services", headers={
            "OpenStack-API-Version": "compute 2.53"}).json["services"]
            if each["host"] == self.source and each["binary"] == "nova-compute")
        path = f"{C}/os-services/{service}"
        for down in (True, False):
            told = self.cloud.put(path, {"forced_down": down}, headers={"OpenStack-API-Version": "compute 2.53"})
            self.assertEqual(200, told.status_int, told.text)
            if down:
                self.act({"evacuate": {}}, "ACTIVE")
        self.assertEqual(self.other(), self.place())
        until = time.monotonic() + TIMEOUT_S
        while self.cloud.held(self.server_id, self.source) is not None:  # it is cleared away there
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        self.check(self.other())
        self.end()


del BootCase
