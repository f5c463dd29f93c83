"""Volumes in a whole cloud in this process, with a backend that stores nothing."""

import json
import pathlib
import time
import unittest
import unittest.mock
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.operations import store
from cumulo.scheduler.facts import no_access, server_facts
from tests.fixtures.whole_cloud import TIMEOUT_S, WholeCloud

V = "/volume/v3"
C = "/compute/v2.1"


class VolumeLifeTest(unittest.TestCase):
    """From the request to the backend and back."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud()
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()

    def make(self, status: str = "available", **values: Any) -> str:
        """Make a volume and return its id once it is settled."""
        made = self.cloud.post(f"{V}/volumes", {"volume": {"size": 1, **values}})
        self.assertEqual(202, made.status_int, made.text)
        volume_id = str(made.json["volume"]["id"])
        self.wait(volume_id, status)
        return volume_id

    def act(self, volume_id: str, **action: Any) -> None:
        """Ask for an action."""
        asked = self.cloud.post(f"{V}/volumes/{volume_id}/action", action)
        self.assertIn(asked.status_int, (200, 202), asked.text)

    def wait(self, its_id: str, status: str, kind: str = "volume") -> dict[str, Any]:
        """Wait until a thing is settled in a status ("" for gone); return it as it is shown."""
        until = time.monotonic() + TIMEOUT_S
        found: Any = None
        while time.monotonic() < until:
            with self.cloud.database.read() as connection:
                busy = store.active(connection, its_id) is not None or self.is_clearing(connection)
            answer = self.cloud.get(f"{V}/{kind}s/{its_id}")
            found = answer.json[kind] if answer.status_int == 200 else {"status": ""}
            if not busy and found["status"] == status:
                return dict(found)
            time.sleep(0.02)
        raise AssertionError(f"{kind} {its_id} is {found} and not {status!r}")

    def is_clearing(self, connection: sa.Connection) -> bool:
        """Say whether something is being removed that a volume left behind."""
        is_left = (operation.c.resource_type == "leftover", operation.c.active_key.is_not(None))
        return connection.execute(sa.select(operation.c.id).where(*is_left)).first() is not None

    def remove(self, volume_id: str, query: str = "") -> None:
        """Delete a volume and wait until it is gone."""
        self.assertEqual(202, self.cloud.delete(f"{V}/volumes/{volume_id}{query}").status_int)
        self.wait(volume_id, "")

    def script(self, **content: Any) -> None:
        """Tell the backend how to behave, until the test ends."""
        self.cloud.script(**content)
        self.addCleanup(self.cloud.script)

    def held(self) -> dict[str, Any]:
        """Return what the backend remembers."""
        path = pathlib.Path(self.cloud.directory, "fake-volumes.h1.fake.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


class LifeTest(VolumeLifeTest):
    """Making, extending, deleting."""

    def test_make_extend_and_delete(self) -> None:
        volume_id = self.make(name="data")
        self.assertEqual({"size_gib": 1}, self.held()["volumes"][volume_id])
        self.act(volume_id, **{"os-extend": {"new_size": 3}})
        self.assertEqual(3, self.wait(volume_id, "available")["size"])
        self.assertEqual({"size_gib": 3}, self.held()["volumes"][volume_id])
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)
        self.assertNotIn(volume_id, self.held()["volumes"])
        self.assertEqual([], self.cloud.settled_differences())

    def snap(self, volume_id: str, status: str = "available", **values: Any) -> str:
        """Make a snapshot and return its id once it is settled."""
        made = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id, **values}})
        self.assertEqual(202, made.status_int, made.text)
        snapshot_id = str(made.json["snapshot"]["id"])
        self.wait(snapshot_id, status, "snapshot")
        return snapshot_id

    def test_snapshots_and_copies(self) -> None:
        volume_id = self.make(size=2)
        snapshot_id = self.snap(volume_id)
        restored, clone = self.make(size=None, snapshot_id=snapshot_id), self.make(size=3, source_volid=volume_id)
        held = self.held()
        self.assertEqual([2, 2, 3], [held["volumes"][each]["size_gib"] for each in (volume_id, restored, clone)])
        self.assertEqual({"size_gib": 2}, held["snapshots"][snapshot_id])
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id, "?cascade=true")
        self.wait(snapshot_id, "", "snapshot")
        other = self.snap(clone)
        self.assertEqual(202, self.cloud.delete(f"{V}/snapshots/{other}").status_int)
        self.wait(other, "", "snapshot")
        for each in (restored, clone):
            self.remove(each)
        self.assertEqual({"volumes": {}, "snapshots": {}, "strangers": {}}, self.held())
        self.assertEqual([], self.cloud.settled_differences())

    def test_a_volume_goes_back_to_its_newest_snapshot_and_gets_another_image(self) -> None:
        volume_id = self.make()
        older, newest = self.snap(volume_id), self.snap(volume_id)
        self.script(delays={"revert": 0.3})
        path, latest = f"{V}/volumes/{volume_id}/action", {"OpenStack-API-Version": "volume latest"}
        self.assertEqual(400, self.cloud.post(path, {"revert": {"snapshot_id": older}}, headers=latest).status_int)
        self.assertEqual(202, self.cloud.post(path, {"revert": {"snapshot_id": newest}}, headers=latest).status_int)
        self.assertEqual("reverting", self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["status"])
        self.assertEqual(400, self.cloud.delete(f"{V}/snapshots/{newest}").status_int)
        self.wait(volume_id, "available")
        self.script(faults={"replace": "the disks are on fire"})
        for bootable in ("false", "true"):
            self.assertEqual(202, self.cloud.post(path, {"os-reimage": {"image_id": self.cloud.image_id}}, headers=latest).status_int)
            self.assertEqual(bootable, self.wait(volume_id, "available")["bootable"])
            self.script()
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id, "?cascade=true")

    def test_a_volume_of_an_image(self) -> None:
        volume_id = self.make(imageRef=self.cloud.image_id)
        shown = self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]
        self.assertEqual(("true", self.cloud.image_id), (shown["bootable"], shown["volume_image_metadata"]["image_id"]))
        self.remove(volume_id)

    def test_a_volume_becomes_an_image(self) -> None:
        volume_id = self.make(imageRef=self.cloud.image_id)
        asked = self.cloud.post(f"{V}/volumes/{volume_id}/action", {"os-volume_upload_image": {"image_name": "saved"}})
        self.assertEqual(202, asked.status_int, asked.text)
        self.wait(volume_id, "available")
        image = self.cloud.get(f"/image/v2/images/{asked.json['os-volume_upload_image']['image_id']}").json
        self.assertEqual(("active", 512, "raw"), (image["status"], image["size"], image["disk_format"]))
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)

    def test_a_type_that_no_backend_fits_is_refused_with_reasons(self) -> None:
        self.cloud.post(f"{V}/types", {"volume_type": {"name": "tape", "extra_specs": {"volume_backend_name": "tape"}}})
        volume_id = self.make("error", volume_type="tape")
        with self.cloud.database.read() as connection:
            said = store.for_resource(connection, volume_id)[0]["error"]
        self.assertEqual("place: No valid backend: 1 backend; volume_type removed 1", said)
        told = self.cloud.get(f"{V}/messages?resource_uuid={volume_id}", headers={"OpenStack-API-Version": "volume 3.5"})
        (message,) = told.json["messages"]
        self.assertEqual("VOLUME_VOLUME_001_002", message["event_id"])
        self.assertIn("volume_type removed 1", message["user_message"])
        self.remove(volume_id)

    def test_a_volume_that_outgrows_its_backend_stays_as_it_was(self) -> None:
        volume_id = self.make()
        self.cloud.put(f"{V}/os-quota-sets/{self.project()}", {"quota_set": {"gigabytes": -1}})
        self.cloud.conf.set_override("largest_gib", 10**7, "volume")
        self.addCleanup(self.cloud.conf.clear_override, "largest_gib", "volume")
        self.act(volume_id, **{"os-extend": {"new_size": 200_000}})
        self.assertEqual(1, self.wait(volume_id, "available")["size"])
        used = self.cloud.get(f"{V}/limits").json["limits"]["absolute"]["totalGigabytesUsed"]
        self.assertLess(used, 100)
        self.remove(volume_id)

    def project(self) -> str:
        """Return the project of the tests."""
        return str(self.cloud.services.tokens.validate(self.cloud.token()).project_id)


class MoveTest(VolumeLifeTest):
    """Volumes that go to another backend."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(("volume", "enabled_backends", ["fake:fake", "other:fake"]))
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()
        for name in ("fake", "other"):
            cls.cloud.post(f"{V}/types", {"volume_type": {"name": name, "extra_specs": {"volume_backend_name": name}}})

    def other(self) -> dict[str, Any]:
        """Return what the other backend remembers."""
        path = pathlib.Path(self.cloud.directory, "fake-volumes.h1.other.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"volumes": {}}
        return found

    def test_an_administrator_moves_a_volume(self) -> None:
        volume_id = self.make(volume_type="fake", size=2)
        path = f"{V}/volumes/{volume_id}/action"
        for host in ("h1@fake#fake", "h1@none#none"):
            self.assertEqual(400, self.cloud.post(path, {"os-migrate_volume": {"host": host}}).status_int)
        # No other backend fits its type: the move comes to nothing.
        self.act(volume_id, **{"os-migrate_volume": {"host": "h1@other#other", "force_host_copy": True, "lock_volume": True}})
        self.assertEqual("error", self.wait(volume_id, "available")["os-vol-mig-status-attr:migstat"])
        self.assertEqual([volume_id], [*self.held()["volumes"]])
        plain = self.make(size=2)
        at = self.cloud.get(f"{V}/volumes/{plain}").json["volume"]["os-vol-host-attr:host"]
        target = "h1@fake#fake" if "other" in at else "h1@other#other"
        self.act(plain, **{"os-migrate_volume": {"host": target}})
        shown = self.wait(plain, "available")
        self.assertEqual((target, "success"), (shown["os-vol-host-attr:host"], shown["migration_status"]))
        there, gone = (self.held(), self.other()) if "fake#" in target else (self.other(), self.held())
        self.assertEqual({"size_gib": 2, "holds": f"volume {plain}"}, there["volumes"][plain])
        self.assertNotIn(plain, gone["volumes"])
        self.assertEqual([], self.cloud.settled_differences())
        for each in (volume_id, plain):
            self.remove(each)

    def test_another_type_takes_a_volume_along(self) -> None:
        volume_id = self.make(volume_type="fake")
        path = f"{V}/volumes/{volume_id}/action"
        refused = self.cloud.post(path, {"os-retype": {"new_type": "other", "migration_policy": "never"}})
        self.assertEqual(400, refused.status_int)
        self.assertIn("volume_backend_name = other", refused.text)
        self.script(delays={"read": 0.3})
        self.act(volume_id, **{"os-retype": {"new_type": "other", "migration_policy": "on-demand"}})
        self.assertEqual("retyping", self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["status"])
        shown = self.wait(volume_id, "available")
        self.assertEqual(("other", "h1@other#other", "success"), (
            shown["volume_type"], shown["os-vol-host-attr:host"], shown["migration_status"]))
        self.assertEqual(({}, [volume_id]), (self.held()["volumes"], [*self.other()["volumes"]]))
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)
        self.assertEqual({}, self.other()["volumes"])

    def test_a_source_that_is_away_holds_nothing_up(self) -> None:
        volume_id = self.make()
        path, shown = f"{V}/volumes/{volume_id}/action", self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]
        if "other" in shown["os-vol-host-attr:host"]:  # the one that can be told to fail is the one that it leaves
            self.act(volume_id, **{"os-migrate_volume": {"host": "h1@fake#fake"}})
            self.wait(volume_id, "available")
        self.script(faults={"delete": "it is away"})
        self.act(volume_id, **{"os-migrate_volume": {"host": "h1@other#other"}})
        until = time.monotonic() + TIMEOUT_S
        while self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["migration_status"] != "success":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        self.assertEqual([], self.cloud.settled_differences())
        self.act(volume_id, **{"os-extend": {"new_size": 2}})
        refused = self.cloud.post(path, {"os-migrate_volume": {"host": "h1@fake#fake"}})
        self.assertEqual((400, True), (refused.status_int, "is not removed yet" in refused.text), refused.text)
        self.assertIn(volume_id, self.held()["volumes"])
        self.script()
        self.wait(volume_id, "available")
        self.assertNotIn(volume_id, self.held()["volumes"])
        self.act(volume_id, **{"os-migrate_volume": {"host": "h1@fake#fake"}})
        self.wait(volume_id, "available")
        self.remove(volume_id)
        self.assertEqual([], self.cloud.settled_differences())

    def test_a_move_that_fails_leaves_the_volume_where_it_is(self) -> None:
        volume_id = self.make(volume_type="fake")
        self.script(faults={"read": "the disks are on fire"})
        self.act(volume_id, **{"os-retype": {"new_type": "other", "migration_policy": "on-demand"}})
        shown = self.wait(volume_id, "available")
        self.assertEqual(("fake", "error"), (shown["volume_type"], shown["migration_status"]))
        self.assertEqual(({}, [volume_id]), (self.other()["volumes"], [*self.held()["volumes"]]))
        self.assertEqual([], self.cloud.settled_differences())
        self.script(delays={"read": 0.5})
        self.act(volume_id, **{"os-retype": {"new_type": "other", "migration_policy": "on-demand"}})
        self.act(volume_id, **{"os-force_delete": {}})  # in the middle of its move
        self.wait(volume_id, "")
        self.assertEqual(({}, {}), (self.other()["volumes"], self.held()["volumes"]))
        self.assertEqual([], self.cloud.settled_differences())


class AttachTest(VolumeLifeTest):
    """Volumes and servers."""

    def attach(self, server_id: str, volume_id: str, **more: Any) -> None:
        """Give a server a volume and wait until it has it."""
        asked = self.cloud.post(f"{C}/servers/{server_id}/os-volume_attachments", {
            "volumeAttachment": {"volumeId": volume_id, **more}}, headers={"OpenStack-API-Version": "compute 2.79"})
        self.assertEqual(200, asked.status_int, asked.text)
        until = time.monotonic() + TIMEOUT_S
        while server_id not in [each["server_id"] for each in self.wait(volume_id, "in-use")["attachments"]]:
            self.assertLess(time.monotonic(), until, "the server does not get the volume")
            time.sleep(0.02)

    def detach(self, server_id: str, volume_id: str) -> None:
        """Ask for a detachment."""
        asked = self.cloud.delete(f"{C}/servers/{server_id}/os-volume_attachments/{volume_id}")
        self.assertEqual(202, asked.status_int, asked.text)

    def volumes_of(self, server_id: str) -> list[str]:
        """Return the volumes that the hypervisor knows of."""
        return list(self.cloud.held(server_id)["volumes"])

    def growths(self, server_id: str) -> list[str]:
        """Return what the server's actions tell of its guest while a volume of it grew, if it went well."""
        actions = f"{C}/servers/{server_id}/os-instance-actions"
        grown = next(each for each in self.cloud.get(actions).json["instanceActions"] if each["action"] == "extend_volume")
        self.assertEqual(server_id, grown["instance_uuid"])
        events = self.cloud.get(f"{actions}/{grown['request_id']}", headers={
            "OpenStack-API-Version": "compute 2.51"}).json["instanceAction"]["events"]
        return [each["event"] for each in events if each["result"] == "Success" and each["event"].startswith("compute")]

    def test_attach_grow_and_detach(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make()
        self.attach(server_id, volume_id)
        self.assertEqual([volume_id], self.volumes_of(server_id))
        self.assertEqual([], self.cloud.settled_differences())
        asked = self.cloud.post(f"{V}/volumes/{volume_id}/action", {"os-extend": {"new_size": 2}}, headers={
            "OpenStack-API-Version": "volume 3.42"})
        self.assertEqual(202, asked.status_int, asked.text)
        self.assertEqual(2, self.wait(volume_id, "in-use")["size"])
        self.assertEqual(["compute_extend_volume"], self.growths(server_id))
        snapshot = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id, "force": True}}).json["snapshot"]
        self.wait(snapshot["id"], "available", "snapshot")
        self.detach(server_id, volume_id)
        self.wait(volume_id, "available")
        self.assertEqual([], self.volumes_of(server_id))
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.attach(server_id, volume_id)
        self.cloud.act(server_id, {"os-start": None}, "ACTIVE")
        self.assertEqual([volume_id], self.volumes_of(server_id))
        self.cloud.remove(server_id)
        self.wait(volume_id, "available")
        self.remove(volume_id, "?cascade=true")

    def exported(self) -> list[str]:
        """Return the volumes that the backend's exports remember."""
        path = pathlib.Path(self.cloud.directory, "fake-exports.h1.fake.json")
        found: list[str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return found

    def test_a_volume_is_exported_for_as_long_as_it_is_attached(self) -> None:
        server_id, volume_id, other = self.cloud.boot(), self.make(), self.make()
        self.attach(server_id, volume_id)
        self.attach(server_id, other)
        self.assertEqual(sorted([volume_id, other]), self.exported())
        self.detach(server_id, volume_id)
        self.wait(volume_id, "available")
        self.assertEqual([other], self.exported())
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(server_id)
        self.wait(other, "available")
        self.assertEqual([], self.cloud.settled_differences())
        self.assertEqual([], self.exported())
        for each in (volume_id, other):
            self.remove(each)

    def test_exports_are_compared_with_what_is_attached(self) -> None:
        server_id, volume_id, stranger = self.cloud.boot(), self.make(), self.make()
        self.attach(server_id, volume_id)
        self.cloud.exports.withdraw(volume_id)
        self.cloud.exports.open(stranger, {})
        self.assertEqual({"export_missing", "export_without_attachment"}, {each.kind for each in self.cloud.differences()})
        self.cloud.runtime.bus.cast("volume.h1", "ring", {"what": "volume_changed"})
        until = time.monotonic() + TIMEOUT_S
        while self.exported() != [volume_id] and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual([], self.cloud.differences())
        self.cloud.remove(server_id)
        for each in (volume_id, stranger):
            self.remove(each)

    def test_the_guests_disk_is_held_to_what_the_type_allows(self) -> None:
        kind = self.cloud.post(f"{V}/types", {"volume_type": {"name": "slow"}}).json["volume_type"]["id"]
        specs = self.cloud.post(f"{V}/qos-specs", {"qos_specs": {
            "name": "slow", "consumer": "front-end", "total_iops_sec_per_gb": "30"}}).json["qos_specs"]["id"]
        self.assertEqual(202, self.cloud.get(f"{V}/qos-specs/{specs}/associate?vol_type_id={kind}").status_int)
        server_id, volume_id = self.cloud.boot(), self.make(volume_type="slow", size=2)
        self.attach(server_id, volume_id)
        with self.cloud.database.read() as connection:
            state = store.for_resource(connection, server_id)[0]["state"]
            (known,) = server_facts(connection, server_id, no_access)["volumes"]
        self.assertEqual(({"total_iops_sec": 60}, {"total_iops_sec": 60}), (state["limits"], known["limits"]))
        self.cloud.remove(server_id)
        self.wait(volume_id, "available")
        self.remove(volume_id)

    def test_a_volume_may_go_with_its_server(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make()
        self.attach(server_id, volume_id, delete_on_termination=True)
        self.cloud.remove(server_id)
        self.wait(volume_id, "")
        self.assertEqual([], self.cloud.settled_differences())

    def test_several_servers_may_have_a_volume_whose_type_says_so(self) -> None:
        self.cloud.post(f"{V}/types", {"volume_type": {"name": "many", "extra_specs": {"multiattach": "<is> True"}}})
        one, two, volume_id = self.cloud.boot(), self.cloud.boot(), self.make(volume_type="many")
        for server_id in (one, two):
            self.attach(server_id, volume_id)
        self.assertEqual(2, len(self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["attachments"]))
        self.cloud.remove(one)
        self.wait(volume_id, "in-use")
        self.cloud.remove(two)
        self.wait(volume_id, "available")
        self.remove(volume_id)

    def test_a_guest_that_keeps_its_volume_has_it_afterwards(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make()
        self.attach(server_id, volume_id)
        self.script(faults={"unplug_disk": "ignored"})
        with unittest.mock.patch("cumulo.compute.agent.steps.UNPLUG_TIMEOUT_S", 0.1):
            self.detach(server_id, volume_id)
            self.wait(volume_id, "in-use")
        self.script()
        self.assertEqual([volume_id], self.volumes_of(server_id))
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.remove(server_id)
        self.wait(volume_id, "available")
        self.remove(volume_id)

    def test_a_user_that_is_no_server_opens_what_was_kept_for_it(self) -> None:
        volume_id, path = self.make(), f"{V}/volumes/{{}}/action"
        wanted = {"os-initialize_connection": {"connector": {"host": "metal"}}}
        self.assertEqual(400, self.cloud.post(path.format(volume_id), wanted).status_int)
        self.act(volume_id, **{"os-reserve": {}})
        self.assertEqual((), self.cloud.exports.held())
        for _ in range(2):
            asked = self.cloud.post(path.format(volume_id), wanted)
            self.assertEqual(200, asked.status_int, asked.text)
            self.assertEqual({"driver_volume_type": "fake", "data": {
                "volume_id": volume_id, "access_mode": "rw", "encrypted": False, "qos_specs": None}}, asked.json["connection_info"])
        self.assertEqual((volume_id,), self.cloud.exports.held())
        self.act(volume_id, **{"os-attach": {"host_name": "metal", "mountpoint": "/dev/sdc"}})
        self.assertEqual([], self.cloud.settled_differences())
        for _ in range(2):
            self.act(volume_id, **{"os-terminate_connection": {"connector": {"host": "metal"}}})
            self.assertEqual((), self.cloud.exports.held())
        self.act(volume_id, **{"os-detach": {}})
        server_id = self.cloud.boot()
        self.attach(server_id, volume_id)
        self.wait(volume_id, "in-use")
        for asked in (wanted, {"os-terminate_connection": {"connector": {}}}, {"os-detach": {}}):
            self.assertEqual(409, self.cloud.post(path.format(volume_id), asked).status_int, asked)
        self.assertEqual(400, self.cloud.post(path.format(volume_id), {"os-detach": {
            "attachment_id": "00000000-0000-4000-8000-000000000000"}}).status_int)
        self.cloud.remove(server_id)
        self.wait(volume_id, "available")
        self.remove(volume_id)

    def test_deleting_a_server_ends_an_attachment_under_way(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make()
        self.script(delays={"plug_disk": 0.5})
        self.cloud.post(f"{C}/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})
        self.cloud.remove(server_id)
        self.wait(volume_id, "available")
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)

    def test_a_plug_that_fails_leaves_the_volume_free(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make()
        self.script(faults={"plug_disk": "no slot is free"})
        self.cloud.post(f"{C}/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})
        self.wait(volume_id, "available")
        self.assertEqual([], self.volumes_of(server_id))
        self.cloud.remove(server_id)
        self.remove(volume_id)


class ManageTest(VolumeLifeTest):
    """What is given up, and taken over again."""

    def manage(self, status: str, **asked: Any) -> str:
        """Take a volume over, and wait until it is settled."""
        made = self.cloud.post(f"{V}/os-volume-manage", {"volume": {"host": "h1@fake#fake", **asked}})
        self.assertEqual(202, made.status_int, made.text)
        volume_id = str(made.json["volume"]["id"])
        self.wait(volume_id, status)
        return volume_id

    def test_a_volume_and_its_snapshot_are_given_up_and_taken_over(self) -> None:
        volume_id = self.make(size=2)
        asked = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"]
        self.wait(asked, "available", "snapshot")
        refused = self.cloud.post(f"{V}/volumes/{volume_id}/action", {"os-unmanage": {}})
        self.assertEqual((400, True), (refused.status_int, asked in refused.text))
        self.assertEqual(202, self.cloud.post(f"{V}/snapshots/{asked}/action", {"os-unmanage": {}}).status_int)
        self.wait(asked, "", "snapshot")
        made = self.cloud.post(f"{V}/os-snapshot-manage", {"snapshot": {
            "volume_id": volume_id, "ref": {"source-name": f"snapshot-{asked}"}, "name": "again"}})
        self.assertEqual(202, made.status_int, made.text)
        again = made.json["snapshot"]["id"]
        shown = self.wait(again, "available", "snapshot")
        self.assertEqual(("again", 2), (shown["name"], shown["size"]))
        self.cloud.delete(f"{V}/snapshots/{again}")
        self.wait(again, "", "snapshot")
        self.act(volume_id, **{"os-unmanage": {}})
        self.wait(volume_id, "")
        self.assertEqual([], self.cloud.settled_differences())
        ref = {"source-name": f"volume-{volume_id}"}
        listed = self.cloud.get(f"{V}/os-volume-manage/detail?host=h1@fake").json["manageable-volumes"]
        self.assertEqual([(ref, 2, True)], [(each["reference"], each["size"], each["safe_to_manage"]) for each in listed])
        self.script(faults={"adopt": "the disks are on fire"})
        broken = self.manage("error_managing", ref=ref)
        self.remove(broken)
        self.script()
        other = self.manage("available", ref=ref, name="mine")
        self.assertEqual({other: {"size_gib": 2}}, self.held()["volumes"])
        self.assertEqual({}, self.held()["strangers"])
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(other)


class FaultsTest(VolumeLifeTest):
    """A backend that fails, and deletion in the middle of things."""

    def test_a_creation_that_fails_leaves_nothing_but_an_error(self) -> None:
        self.script(faults={"create": "the disks are on fire"})
        volume_id = self.make("error")
        self.assertNotIn(volume_id, self.held()["volumes"])
        self.assertIsNone(self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["os-vol-host-attr:host"])
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)

    def test_a_snapshot_that_fails_is_in_error_and_can_be_deleted(self) -> None:
        volume_id = self.make()
        self.script(faults={"snapshot": "the disks are on fire"})
        made = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"]
        self.wait(made, "error", "snapshot")
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.delete(f"{V}/snapshots/{made}")
        self.wait(made, "", "snapshot")
        self.remove(volume_id)

    def test_an_upload_that_fails_leaves_no_image(self) -> None:
        volume_id = self.make()
        self.script(faults={"copy_out": "the disks are on fire"})
        asked = self.cloud.post(f"{V}/volumes/{volume_id}/action", {"os-volume_upload_image": {"image_name": "saved"}})
        self.wait(volume_id, "available")
        image_id = asked.json["os-volume_upload_image"]["image_id"]
        self.assertEqual(404, self.cloud.get(f"/image/v2/images/{image_id}").status_int)
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)

    def test_deletion_ends_a_creation(self) -> None:
        self.script(delays={"create": 0.5})
        made = self.cloud.post(f"{V}/volumes", {"volume": {"size": 1}}).json["volume"]["id"]
        time.sleep(0.1)
        self.remove(made)
        self.assertNotIn(made, self.held()["volumes"])
        self.assertEqual([], self.cloud.settled_differences())


if __name__ == "__main__":
    unittest.main()
