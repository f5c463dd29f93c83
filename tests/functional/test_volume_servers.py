"""Servers that boot from a volume, rebuilt and rescued: 2.93 gives the volume another image, 2.87 rescues such servers."""

import time
from typing import Any

from tests.fixtures.whole_cloud import TIMEOUT_S
from tests.fixtures.whole_cloud import V as C
from tests.functional.test_boot_from_volume import BootCase
from tests.functional.test_volume_life import V

NEWEST, BEFORE = "2.93", "2.92"


class VolumeServerCase(BootCase):
    """Images, and the tasks that a server is at."""

    def other(self, **values: Any) -> str:
        """Make another image, and return its id."""
        image_id = self.cloud.make_image()
        changes = [{"op": "add", "path": f"/{name}", "value": value} for name, value in values.items()]
        changed = self.cloud.patch(f"/image/v2/images/{image_id}", changes, headers={
            "Content-Type": "application/openstack-images-v2.1-json-patch"})
        self.assertEqual(200, changed.status_int, changed.text)
        return image_id

    def until(self, server_id: str, task: str) -> None:
        """Wait until a server is at such a task."""
        until = time.monotonic() + TIMEOUT_S
        while self.server(server_id)["OS-EXT-STS:task_state"] != task:
            self.assertLess(time.monotonic(), until, self.server(server_id))
            time.sleep(0.01)


class RebuildTest(VolumeServerCase):
    """rebuild."""

    def rebuild(self, server_id: str, image_id: str, status: int = 202, version: str = NEWEST, **more: Any) -> Any:
        """Ask for a rebuild; return the server that is answered, or the reason for the refusal."""
        answer = self.cloud.post(f"{C}/servers/{server_id}/action", {"rebuild": {"imageRef": image_id, **more}},
                                 headers={"OpenStack-API-Version": f"compute {version}"})
        self.assertEqual(status, answer.status_int, answer.text)
        return answer.json["server"] if status == 202 else answer.json[next(iter(answer.json))]["message"]

    def test_the_volume_gets_another_image(self) -> None:
        for status in ("ACTIVE", "SHUTOFF"):
            server_id = self.boot(self.root(delete_on_termination=True), {
                "source_type": "blank", "destination_type": "volume", "volume_size": 2, "delete_on_termination": True},
                config_drive=True)
            if status == "SHUTOFF":
                self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
            before, root = self.volumes_of(server_id), self.volumes_of(server_id)[0]["volumeId"]
            image_id = self.other(hw_disk_bus="scsi", os_distro="other")
            self.script(delays={"replace": 0.3})
            shown = self.rebuild(server_id, image_id, name="renamed")
            self.assertEqual(("", "REBUILD", "renamed"), (shown["image"], shown["status"], shown["name"]))
            self.until(server_id, "rebuild_block_device_mapping")
            busy = self.cloud.post(f"{V}/volumes/{root}/action", {"os-extend": {"new_size": 3}})
            self.assertEqual(400, busy.status_int, busy.text)
            self.cloud.wait(server_id, status)
            volume = self.wait(root, "in-use")
            said = volume["volume_image_metadata"]
            self.assertEqual((image_id, "other"), (said["image_id"], said["os_distro"]))
            self.assertIn(image_id, self.held()["volumes"][root]["image"])
            self.assertEqual(before, self.volumes_of(server_id))
            held = self.cloud.held(server_id)
            self.assertEqual((["config.iso"], "running" if status == "ACTIVE" else "off"), (held["files"], held["power"]))
            self.agree()
            self.cloud.remove(server_id)
            self.gone(root)
            self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image_id}").status_int)

    def test_before_it_may_the_volume_stays_as_it_is(self) -> None:
        server_id, image_id = self.boot(self.root(delete_on_termination=True), config_drive=True), self.other()
        root = self.volumes_of(server_id)[0]["volumeId"]
        self.assertIn("different image for a volume-backed server", self.rebuild(server_id, image_id, 400, BEFORE))
        self.rebuild(server_id, self.cloud.image_id, version=BEFORE, metadata={"a": "b"})
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual({"a": "b"}, self.server(server_id)["metadata"])
        self.assertNotIn("image", self.held()["volumes"][root])
        self.assertEqual(["config.iso"], self.cloud.held(server_id)["files"])
        self.rebuild(server_id, self.cloud.image_id)
        self.cloud.wait(server_id, "ACTIVE")
        self.assertIn(self.cloud.image_id, self.held()["volumes"][root]["image"])
        self.cloud.remove(server_id)
        self.gone(root)
        self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image_id}").status_int)

    def test_what_cannot_be(self) -> None:
        server_id, large = self.boot(self.root(delete_on_termination=True)), self.other(min_disk=2)
        root = self.volumes_of(server_id)[0]["volumeId"]
        self.assertIn("needs 2 GiB", self.rebuild(server_id, large, 400))
        self.assertIn("could not be found", self.rebuild(server_id, "0" * 8 + "-0000-4000-8000-" + "0" * 12, 400).replace(
            "Can not find requested image", "could not be found"))
        self.assertIn("not supported when booting from volume", self.rebuild(
            server_id, self.cloud.image_id, 400, trusted_image_certificates=["one"]))
        self.cloud.act(server_id, {"pause": None}, "PAUSED")
        self.rebuild(server_id, self.cloud.image_id, 409)
        self.cloud.remove(server_id)
        self.gone(root)
        self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{large}").status_int)

    def test_one_that_fails_may_be_asked_for_again(self) -> None:
        server_id = self.boot(self.root(delete_on_termination=True))
        root = self.volumes_of(server_id)[0]["volumeId"]
        self.script(faults={"replace": "no room"})
        self.rebuild(server_id, self.cloud.image_id)
        self.cloud.wait(server_id, "ERROR")
        self.assertRegex(self.server(server_id)["fault"]["message"], "could not be given the image: .*no room")
        self.wait(root, "in-use")
        self.agree()
        self.cloud.script()
        self.rebuild(server_id, self.cloud.image_id)
        self.cloud.wait(server_id, "ACTIVE")
        self.assertIsNone(self.server(server_id).get("fault"))
        self.agree()
        self.cloud.remove(server_id)
        self.gone(root)

    def test_deleted_while_its_volume_is_written(self) -> None:
        for goes in (True, False):
            server_id = self.boot(self.root(delete_on_termination=goes))
            root = self.volumes_of(server_id)[0]["volumeId"]
            self.script(delays={"replace": 0.6})
            self.rebuild(server_id, self.cloud.image_id)
            self.until(server_id, "rebuild_block_device_mapping")
            self.cloud.remove(server_id)
            if goes:
                self.gone(root)
            else:
                self.wait(root, "available")
                self.remove(root)
            self.cloud.script()
            self.agree()

    def test_it_waits_for_what_is_done_to_the_volume(self) -> None:
        server_id = self.boot(self.root(delete_on_termination=True))
        root = self.volumes_of(server_id)[0]["volumeId"]
        self.script(delays={"extend": 0.6})
        asked = self.cloud.post(f"{V}/volumes/{root}/action", {"os-extend": {"new_size": 3}},
                                headers={"OpenStack-API-Version": "volume 3.42"})
        self.assertEqual(202, asked.status_int, asked.text)
        self.rebuild(server_id, self.cloud.image_id)
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual((3, "in-use"), (self.wait(root, "in-use")["size"], self.wait(root, "in-use")["status"]))
        self.assertIn("image", self.held()["volumes"][root])
        self.cloud.remove(server_id)
        self.gone(root)
        self.agree()


class RescueTest(VolumeServerCase):
    """rescue, of whatever a server boots from, with a disk that takes the place of its first or stands beside them."""

    def rescue(self, server_id: str, status: int = 200, version: str = "2.87", **asked: Any) -> str:
        """Ask for a rescue; return the reason for the refusal."""
        answer = self.cloud.post(f"{C}/servers/{server_id}/action", {"rescue": asked or None},
                                 headers={"OpenStack-API-Version": f"compute {version}"})
        self.assertEqual(status, answer.status_int, answer.text)
        return "" if status == 200 else str(answer.json[next(iter(answer.json))]["message"])

    def test_beside_its_disks(self) -> None:
        image_id = self.other(hw_rescue_device="disk", hw_rescue_bus="usb")
        blank = {"boot_index": "0", "source_type": "blank", "destination_type": "volume", "volume_size": 1, "delete_on_termination": True}
        for server_id in (self.cloud.boot(), self.boot(self.root(delete_on_termination=True)), self.boot(blank)):
            its_volumes, before = self.volumes_of(server_id), self.cloud.held(server_id)
            self.rescue(server_id, rescue_image_ref=image_id)
            self.cloud.wait(server_id, "RESCUE")
            held = self.cloud.held(server_id)
            self.assertEqual({"rescue", "rescue.base", "rescue.device"}, set(held["files"]) - set(before["files"]))
            self.assertEqual((before["volumes"], "running"), (held["volumes"], held["power"]))
            self.agree()
            self.cloud.act(server_id, {"unrescue": None}, "ACTIVE")
            self.assertEqual(before["files"], self.cloud.held(server_id)["files"])
            self.assertEqual(its_volumes, self.volumes_of(server_id))
            self.agree()
            self.cloud.remove(server_id)
            self.gone(*(each["volumeId"] for each in its_volumes))
        self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image_id}").status_int)

    def test_its_own_image_may_ask_for_it_too(self) -> None:
        image_id = self.other(hw_rescue_device="cdrom")
        server_id = self.cloud.boot(imageRef=image_id)
        self.rescue(server_id)
        self.cloud.wait(server_id, "RESCUE")
        self.assertIn("rescue.device", self.cloud.held(server_id)["files"])
        self.cloud.remove(server_id)
        self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image_id}").status_int)

    def test_what_cannot_be(self) -> None:
        from_volume, plain = self.boot(self.root(delete_on_termination=True)), self.cloud.boot()
        blank = self.boot({"boot_index": "0", "source_type": "blank", "destination_type": "volume", "volume_size": 1,
                           "delete_on_termination": True})
        its_volumes = [each["volumeId"] for server_id in (from_volume, blank) for each in self.volumes_of(server_id)]
        self.assertIn("Cannot rescue a volume-backed instance", self.rescue(from_volume, 400, "2.86", rescue_image_ref=self.cloud.image_id))
        self.assertIn("name the image", self.rescue(blank, 400))
        for reason, properties in (
                ("hw_rescue_device is 'floppy'", {"hw_rescue_device": "floppy"}), ("hw_rescue_bus is 'isa'", {"hw_rescue_bus": "isa"}),
                ("not on the bus virtio", {"hw_rescue_device": "cdrom", "hw_rescue_bus": "virtio"}),
                ("names volumes", {"block_device_mapping": "[]"})):
            with self.subTest(reason):
                image_id = self.other(**properties)
                self.assertIn(reason, self.rescue(plain, 400, rescue_image_ref=image_id))
                self.assertEqual(204, self.cloud.delete(f"/image/v2/images/{image_id}").status_int)
        for each in (from_volume, plain, blank):
            self.cloud.remove(each)
        self.gone(*its_volumes)
        self.agree()


class AttachVersionsTest(VolumeServerCase):
    """What versions say of attaching."""

    def test_volumes_of_several_servers(self) -> None:
        """2.60 knows of them."""
        made = self.cloud.post(f"{V}/types", {"volume_type": {"name": "shared", "extra_specs": {"multiattach": "<is> True"}}})
        self.assertEqual(200, made.status_int, made.text)
        server_id, volume_id = self.cloud.boot(), self.make(volume_type="shared")
        self.assertEqual([409, 200], [self.attach(server_id, volume_id, each).status_int for each in ("2.59", "2.60")])
        self.wait(volume_id, "in-use")
        own = {"source_type": "volume", "destination_type": "volume", "uuid": volume_id, "boot_index": -1}
        local = {"source_type": "image", "destination_type": "local", "uuid": self.cloud.image_id, "boot_index": 0}
        self.assertIn("2.60", self.ask(409, "2.59", imageRef=self.cloud.image_id, block_device_mapping_v2=[local, own]))
        second = self.ask(202, "2.60", imageRef=self.cloud.image_id, block_device_mapping_v2=[local, own])
        self.cloud.wait(second, "ACTIVE")
        for each in (server_id, second):
            self.cloud.remove(each)
        self.wait(volume_id, "available")
        self.remove(volume_id)

    def test_what_is_answered(self) -> None:
        """2.101 tells only that it has begun."""
        server_id, volume_ids = self.cloud.boot(), [self.make(), self.make()]
        first = self.attach(server_id, volume_ids[0], "2.100")
        self.assertEqual((200, volume_ids[0]), (first.status_int, first.json["volumeAttachment"]["volumeId"]))
        self.wait(volume_ids[0], "in-use")
        second = self.attach(server_id, volume_ids[1], "2.101")
        self.assertEqual((202, b""), (second.status_int, second.body))
        self.wait(volume_ids[1], "in-use")
        self.cloud.remove(server_id)
        for each in volume_ids:
            self.wait(each, "available")
            self.remove(each)

    def attach(self, server_id: str, volume_id: str, version: str) -> Any:
        """Ask for an attachment and return the answer."""
        return self.cloud.post(f"{C}/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}},
                               headers={"OpenStack-API-Version": f"compute {version}"})
