"""Copies of volumes in use, each of one moment, where a backend takes time to copy: whoever has the volume open makes them."""

import json
import pathlib
import time
from typing import Any

from cumulo.common.operations import store
from tests.fixtures.whole_cloud import TIMEOUT_S, WholeCloud
from tests.fixtures.whole_cloud import V as C
from tests.functional.test_boot_from_volume import BootCase
from tests.functional.test_volume_life import V


class MomentsTest(BootCase):
    """A cloud whose backend asks those who have a volume open for copies of it."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(slow_copies=True)
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()

    def server_with_volume(self) -> tuple[str, str]:
        """Build a server that boots from a volume; return the ids of both."""
        server_id = self.boot(self.root(delete_on_termination=True))
        return server_id, str(self.volumes_of(server_id)[0]["volumeId"])

    def snap(self, volume_id: str, status: str = "available") -> str:
        """Make a snapshot of a volume in use, and return its id once it is settled."""
        made = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id, "force": True}})
        self.assertEqual(202, made.status_int, made.text)
        snapshot_id = str(made.json["snapshot"]["id"])
        self.wait(snapshot_id, status, "snapshot")
        return snapshot_id

    def drop(self, kind: str, its_id: str) -> None:
        """Delete a snapshot or a backup, and wait until it is gone."""
        self.assertEqual(202, self.cloud.delete(f"{V}/{kind}s/{its_id}").status_int)
        self.wait(its_id, "", kind)

    def end(self, server_id: str, volume_id: str) -> None:
        """Delete the server with its volume; nothing is left, and everything agrees."""
        self.assertEqual(204, self.cloud.delete(f"{C}/servers/{server_id}").status_int)
        self.gone(volume_id)
        self.agree()
        self.assertEqual([], list(pathlib.Path(self.cloud.directory, "fake-volumes.h1.fake.copies").glob("*")))

    def test_the_guest_makes_every_copy_of_its_volume(self) -> None:
        server_id, volume_id = self.server_with_volume()
        snapshot_id = self.snap(volume_id)
        self.assertEqual(f"copy of {volume_id}", self.held()["snapshots"][snapshot_id]["holds"])
        clone = self.make(source_volid=volume_id)
        self.assertEqual(f"copy of {volume_id}", self.held()["volumes"][clone]["holds"])
        asked = self.cloud.post(f"{V}/backups", {"backup": {"volume_id": volume_id, "force": True}})
        self.assertEqual(202, asked.status_int, asked.text)
        self.wait(asked.json["backup"]["id"], "available", "backup")
        self.act(volume_id, **{"os-volume_upload_image": {"image_name": "saved", "force": True}})
        self.wait(volume_id, "in-use")
        self.assertEqual([snapshot_id], list(self.held()["snapshots"]), "what was held for a while is gone")
        self.agree()
        self.drop("backup", asked.json["backup"]["id"])
        self.drop("snapshot", snapshot_id)
        self.remove(clone)
        self.end(server_id, volume_id)

    def test_a_server_becomes_an_image_and_servers_of_it(self) -> None:
        server_id, volume_id = self.server_with_volume()
        answer = self.cloud.post(f"{C}/servers/{server_id}/action", {"createImage": {"name": "saved"}},
                                 headers={"OpenStack-API-Version": "compute 2.67"})
        self.assertEqual(202, answer.status_int, answer.text)
        snapshot_id = self.cloud.get(f"{V}/snapshots").json["snapshots"][0]["id"]
        self.wait(snapshot_id, "available", "snapshot")
        self.assertEqual(f"copy of {volume_id}", self.held()["snapshots"][snapshot_id]["holds"])
        made = self.cloud.post(f"{V}/volumes", {"volume": {"size": 1, "imageRef": answer.json["image_id"]}},
                               headers={"OpenStack-API-Version": "volume 3.46"}).json["volume"]
        self.assertEqual(("true", f"copy of {volume_id}"), (
            self.wait(made["id"], "available")["bootable"], self.held()["volumes"][made["id"]]["holds"]))
        self.remove(made["id"])
        self.drop("snapshot", snapshot_id)
        self.end(server_id, volume_id)

    def test_a_volume_whose_guest_is_off_is_copied_as_it_is(self) -> None:
        server_id, volume_id = self.server_with_volume()
        self.cloud.post(f"{C}/servers/{server_id}/action", {"os-stop": None})
        self.cloud.wait(server_id, "SHUTOFF")
        snapshot_id = self.snap(volume_id)
        self.assertEqual(f"volume {volume_id}", self.held()["snapshots"][snapshot_id]["holds"])
        self.drop("snapshot", snapshot_id)
        self.end(server_id, volume_id)

    def test_a_copy_that_fails_or_is_wanted_no_more_leaves_nothing(self) -> None:
        server_id, volume_id = self.server_with_volume()
        self.script(faults={"copy_volume": "the disks are on fire"})
        snapshot_id = self.snap(volume_id, "error")
        self.agree()
        self.drop("snapshot", snapshot_id)
        self.script(delays={"copy_volume": 1.0})
        made = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id, "force": True}}).json["snapshot"]["id"]
        self.until_begun(server_id)
        self.drop("snapshot", made)
        self.assertNotIn(made, self.held()["snapshots"])
        self.assertEqual({}, self.known(server_id).get("copies", {}), "the guest copies no more")
        self.end(server_id, volume_id)

    def known(self, server_id: str) -> dict[str, Any]:
        """Return what the fake hypervisor knows of a server."""
        found: dict[str, Any] = json.loads(pathlib.Path(self.cloud.directory, "fake-servers.h1.json").read_text(encoding="utf-8"))
        return dict(found[server_id])

    def until_begun(self, server_id: str) -> None:
        """Wait until somebody has asked its hypervisor for a copy."""
        until = time.monotonic() + TIMEOUT_S
        directory = pathlib.Path(self.cloud.directory, "fake-volumes.h1.fake.copies")
        while not list(directory.glob("*.new")):
            self.assertLess(time.monotonic(), until, server_id)
            time.sleep(0.01)

    def test_several_users_are_refused_by_name_of_the_reason(self) -> None:
        volume_id = self.make()
        for _ in range(2):
            asked = self.cloud.post(f"{V}/attachments", {"attachment": {"volume_uuid": volume_id, "connector": {"host": "elsewhere"}}},
                                    headers={"OpenStack-API-Version": "volume 3.27"})
            if asked.status_int == 200:
                self.cloud.post(f"{V}/attachments/{asked.json['attachment']['id']}/action", {"os-complete": {}},
                                headers={"OpenStack-API-Version": "volume 3.44"})
        refused = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id, "force": True}})
        self.assertEqual(400, refused.status_int)
        self.assertIn("what uses it is no server", refused.json["badRequest"]["message"])
        with self.cloud.database.read() as connection:
            self.assertIsNone(store.active(connection, volume_id))
