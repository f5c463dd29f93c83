"""Servers whose disks are volumes: a whole cloud in this process, with a fake driver and a backend that stores nothing."""

import json
import time
from typing import Any

from tests.fixtures.whole_cloud import TIMEOUT_S
from tests.fixtures.whole_cloud import V as C
from tests.functional.test_volume_life import V, VolumeLifeTest


class BootCase(VolumeLifeTest):
    """A cloud with servers that boot from volumes."""

    def ask(self, status: int = 202, version: str = "2.67", **values: Any) -> str:
        """Ask for a server; return its id, or the reason for the refusal."""
        made = self.cloud.post(f"{C}/servers", {"server": {
            "name": "one", "flavorRef": "1", "networks": "none", **values}}, headers={"OpenStack-API-Version": f"compute {version}"})
        self.assertEqual(status, made.status_int, made.text)
        return str(made.json["server"]["id"] if status == 202 else made.json[next(iter(made.json))]["message"])

    def boot(self, *devices: dict[str, Any], status: str = "ACTIVE", **values: Any) -> str:
        """Build a server of these devices and return its id."""
        server_id = self.ask(block_device_mapping_v2=list(devices), **values)
        self.cloud.wait(server_id, status)
        return server_id

    def root(self, **values: Any) -> dict[str, Any]:
        """Return a device to boot from: a new volume of the image."""
        return {"boot_index": 0, "source_type": "image", "uuid": self.cloud.image_id, "destination_type": "volume",
                "volume_size": 1, **values}

    def server(self, server_id: str, version: str = "2.3") -> dict[str, Any]:
        """Return a server as it is shown."""
        answer = self.cloud.get(f"{C}/servers/{server_id}", headers={"OpenStack-API-Version": f"compute {version}"})
        return dict(answer.json["server"])

    def volumes_of(self, server_id: str) -> list[dict[str, Any]]:
        """Return the volumes of a server."""
        answer = self.cloud.get(f"{C}/servers/{server_id}/os-volume_attachments", headers={"OpenStack-API-Version": "compute 2.89"})
        return list(answer.json["volumeAttachments"])

    def listed(self) -> list[str]:
        """Return the ids of all volumes."""
        return [each["id"] for each in self.cloud.get(f"{V}/volumes").json["volumes"]]

    def gone(self, *volume_ids: str) -> None:
        """Wait until these volumes are gone."""
        until = time.monotonic() + TIMEOUT_S
        while set(volume_ids) & set(self.listed()):
            self.assertLess(time.monotonic(), until, self.listed())
            time.sleep(0.02)

    def settle(self, server_id: str) -> None:
        """Wait until nothing is done to a server."""
        until = time.monotonic() + TIMEOUT_S
        while self.server(server_id)["OS-EXT-STS:task_state"] is not None:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)

    def agree(self) -> None:
        """See that rows, hypervisor and backend agree."""
        self.assertEqual([], self.cloud.settled_differences())


class BootTest(BootCase):
    """Builds."""

    def test_from_a_new_volume_of_an_image(self) -> None:
        server_id = self.boot(self.root(delete_on_termination=True, tag="root"), {
            "source_type": "blank", "destination_type": "volume", "volume_size": 2, "delete_on_termination": False})
        shown, (root, blank) = self.server(server_id), self.volumes_of(server_id)
        self.assertEqual("", shown["image"])
        self.assertEqual([("/dev/vda", True, "root"), ("/dev/vdb", False, None)],
                         [(each["device"], each["delete_on_termination"], each["tag"]) for each in (root, blank)])
        self.assertEqual({root["volumeId"]: 1, blank["volumeId"]: 2},
                         {each: self.wait(each, "in-use")["size"] for each in (root["volumeId"], blank["volumeId"])})
        held = self.cloud.held(server_id)
        self.assertEqual(([], sorted((root["volumeId"], blank["volumeId"]))), (held["files"], held["volumes"]))
        self.agree()
        refused = self.cloud.delete(f"{C}/servers/{server_id}/os-volume_attachments/{root['volumeId']}")
        self.assertEqual((400, "Cannot detach a root device volume"),
                         (refused.status_int, refused.json["badRequest"]["message"]))
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.cloud.act(server_id, {"os-start": None}, "ACTIVE")
        self.cloud.remove(server_id)
        self.gone(root["volumeId"])
        self.wait(blank["volumeId"], "available")
        self.remove(blank["volumeId"])
        self.agree()

    def test_from_volumes_that_are_there_and_snapshots(self) -> None:
        volume_id, plain = self.make(imageRef=self.cloud.image_id), self.make()
        made = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id}})
        snapshot_id = made.json["snapshot"]["id"]
        self.wait(snapshot_id, "available", "snapshot")
        first = self.boot({"boot_index": 0, "source_type": "volume", "uuid": volume_id},
                          {"boot_index": -1, "source_type": "volume", "uuid": plain, "destination_type": "volume"})
        second = self.boot({"boot_index": "0", "source_type": "snapshot", "uuid": snapshot_id, "delete_on_termination": True})
        self.assertEqual([volume_id, plain], [each["volumeId"] for each in self.volumes_of(first)])
        copy = self.volumes_of(second)[0]["volumeId"]
        self.assertEqual(snapshot_id, self.wait(copy, "in-use")["snapshot_id"])
        third = self.ask(block_device_mapping=[{"device_name": "vda", "snapshot_id": snapshot_id, "delete_on_termination": "true"}],
                         version="2.37")
        self.cloud.wait(third, "ACTIVE")
        self.agree()
        copies = {copy, self.volumes_of(third)[0]["volumeId"]}
        for each in (first, second, third):
            self.cloud.remove(each)
        for each in (volume_id, plain):
            self.wait(each, "available")
        self.gone(*copies)
        self.remove(plain)
        self.remove(volume_id, "?cascade=true")

    def test_what_cannot_be(self) -> None:
        plain = self.make()
        image = {"source_type": "image", "uuid": self.cloud.image_id}
        for reason, values in (
                ("is not bootable", {"block_device_mapping_v2": [{"boot_index": 0, "source_type": "volume", "uuid": plain}]}),
                ("Boot sequence", {"block_device_mapping_v2": [self.root(boot_index=1)]}),
                ("Boot sequence", {"block_device_mapping_v2": [{**image, "boot_index": 0}, self.root()]}),
                ("Boot sequence", {"imageRef": self.cloud.image_id, "block_device_mapping_v2": [
                    {"source_type": "volume", "uuid": plain}]}),
                ("Mapping image to local", {"block_device_mapping_v2": [{**image, "boot_index": 1, "destination_type": "local"}]}),
                ("volume_size above zero", {"block_device_mapping_v2": [self.root(volume_size=None)]}),
                ("failed to get volume", {"block_device_mapping_v2": [{"boot_index": 0, "source_type": "volume", "uuid": "x"}]}),
                ("failed to get snapshot", {"block_device_mapping_v2": [{"boot_index": 0, "source_type": "snapshot", "uuid": "x"}]}),
                ("needs a uuid", {"block_device_mapping_v2": [{"boot_index": 0, "source_type": "volume"}]}),
                ("Volume type none could not be found", {"block_device_mapping_v2": [self.root(volume_type="none")]}),
                ("Cannot attach one or more volumes to multiple", {"max_count": 2, "block_device_mapping_v2": [
                    self.root(), {"source_type": "volume", "uuid": plain}]}),
                ("Ephemeral disks requested are larger", {"block_device_mapping_v2": [
                    self.root(), {"source_type": "blank", "destination_type": "local", "volume_size": 1}]}),
                ("Swap drive requested is larger", {"block_device_mapping_v2": [
                    self.root(), {"source_type": "blank", "guest_format": "swap", "volume_size": 1}]}),
                ("a server boots from an image or a volume", {}),
                ("24 volumes, not 101", {"block_device_mapping_v2": [self.root(), *({
                    "source_type": "blank", "destination_type": "volume", "volume_size": 1} for _ in range(100))]})):
            with self.subTest(reason):
                self.assertIn(reason, self.ask(400, **values))
        self.assertEqual([plain], self.listed())
        self.remove(plain)

    def test_several_at_once(self) -> None:
        first = self.ask(block_device_mapping_v2=[self.root(delete_on_termination=True)], max_count=3, min_count=3)
        servers = [each["id"] for each in self.cloud.get(f"{C}/servers").json["servers"]]
        self.assertIn(first, servers)
        for each in servers:
            self.cloud.wait(each, "ACTIVE")
        self.assertEqual(3, len({self.volumes_of(each)[0]["volumeId"] for each in servers}))
        self.agree()
        for each in servers:
            self.cloud.remove(each)
        self.gone(*self.listed())
        self.agree()

    def test_a_volume_that_cannot_be_made(self) -> None:
        there = self.make()
        self.script(faults={"fill": "no room"})
        server_id = self.boot(self.root(), {"source_type": "volume", "uuid": there}, status="ERROR")
        self.assertRegex(self.server(server_id)["fault"]["message"], "could not be made: make_volume: no room")
        self.wait(there, "available")
        self.gone(*(set(self.listed()) - {there}))
        self.cloud.remove(server_id)
        self.agree()
        self.remove(there)

    def test_deleted_while_its_volume_is_made(self) -> None:
        self.script(delays={"fill": 0.5})
        server_id = self.ask(block_device_mapping_v2=[self.root()])
        until = time.monotonic() + TIMEOUT_S
        while self.server(server_id)["OS-EXT-STS:task_state"] != "block_device_mapping":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        refused = self.cloud.delete(f"{V}/volumes/{self.listed()[0]}")
        self.assertEqual(400, refused.status_int, refused.text)
        self.cloud.remove(server_id)
        self.gone(*self.listed())
        self.agree()

    def test_over_the_quota_of_volumes(self) -> None:
        project = self.cloud.get("/identity/v3/auth/tokens", headers={"X-Subject-Token": self.cloud.token()}).json["token"]["project"]["id"]
        path = f"{V}/os-quota-sets/{project}"
        self.assertEqual(200, self.cloud.put(path, {"quota_set": {"volumes": 1}}).status_int)
        self.addCleanup(self.cloud.delete, path)
        self.assertIn("Quota exceeded for volumes", self.ask(403, block_device_mapping_v2=[self.root(), {
            "source_type": "blank", "destination_type": "volume", "volume_size": 1}]))
        self.assertEqual([], self.listed())

    def test_several_are_attached_and_detached_in_a_row(self) -> None:
        server_id, data = self.boot(self.root(delete_on_termination=True)), [self.make() for _ in range(3)]
        root = self.volumes_of(server_id)[0]["volumeId"]
        path = f"{C}/servers/{server_id}/os-volume_attachments"
        self.script(delays={"plug_disk": 0.2, "unplug_disk": 0.2})
        for each in data:
            asked = self.cloud.post(path, {"volumeAttachment": {"volumeId": each}})
            self.assertEqual(200, asked.status_int, asked.text)
        refused = self.cloud.post(f"{C}/servers/{server_id}/action", {"os-stop": None})
        self.assertEqual(409, refused.status_int, refused.text)
        for each in data:
            self.wait(each, "in-use")
        self.cloud.wait(server_id, "ACTIVE")
        self.agree()
        for each in data[:2]:
            self.assertEqual(202, self.cloud.delete(f"{path}/{each}").status_int)
        again = self.cloud.delete(f"{path}/{data[1]}")
        self.assertEqual(400, again.status_int, again.text)
        for each in data[:2]:
            self.wait(each, "available")
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual([root, data[2]], [each["volumeId"] for each in self.volumes_of(server_id)])
        self.assertEqual(202, self.cloud.delete(f"{path}/{data[2]}").status_int)
        self.assertEqual(200, self.cloud.post(path, {"volumeAttachment": {"volumeId": data[0]}}).status_int)
        self.cloud.remove(server_id)
        for each in data:
            self.wait(each, "available")
            self.remove(each)
        self.gone(root)
        self.agree()

    def test_saved_as_an_image_that_names_snapshots(self) -> None:
        first = self.boot(self.root(delete_on_termination=True, tag="root"), {
            "source_type": "blank", "destination_type": "volume", "volume_size": 2, "delete_on_termination": True})
        path = f"{C}/servers/{first}/action"
        self.assertEqual(400, self.cloud.post(path, {"createBackup": {
            "name": "b", "backup_type": "daily", "rotation": 1}}).status_int)
        made = self.cloud.post(path, {"createImage": {"name": "saved"}}, headers={"OpenStack-API-Version": "compute 2.45"})
        self.assertEqual(202, made.status_int, made.text)
        image = self.cloud.get(f"/image/v2/images/{made.json['image_id']}").json
        devices = json.loads(image["block_device_mapping"])
        self.assertEqual(("active", 0, "/dev/vda"), (image["status"], image["size"], image["root_device_name"]))
        self.assertEqual([("/dev/vda", 0, 1), ("/dev/vdb", None, 2)],
                         [(each["device_name"], each["boot_index"], each["volume_size"]) for each in devices])
        for each in devices:
            self.wait(each["snapshot_id"], "available", "snapshot")
        self.agree()
        second = self.ask(imageRef=image["id"])
        self.cloud.wait(second, "ACTIVE")
        self.assertEqual("", self.server(second)["image"])
        copies = self.volumes_of(second)
        self.assertEqual([("/dev/vda", "root", True), ("/dev/vdb", None, True)],
                         [(each["device"], each["tag"], each["delete_on_termination"]) for each in copies])
        self.assertEqual([each["snapshot_id"] for each in devices],
                         [self.wait(each["volumeId"], "in-use")["snapshot_id"] for each in copies])
        self.agree()
        self.cloud.remove(second)
        self.gone(*(each["volumeId"] for each in copies))
        for each in devices:
            self.assertEqual(202, self.cloud.delete(f"{V}/snapshots/{each['snapshot_id']}").status_int)
            self.wait(each["snapshot_id"], "", "snapshot")
        self.cloud.remove(first)
        self.gone(*self.listed())
        self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image['id']}").status_int)
        self.agree()
