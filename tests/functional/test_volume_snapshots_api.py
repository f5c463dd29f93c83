"""Snapshots, and what volumes are made of, over the real application. No agent runs here."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume_snapshot
from tests.functional import test_volume_api


class WithSnapshots(test_volume_api.VolumeApiTest):
    """A cloud whose snapshots are made at once."""

    def snap(self, volume_id: str, **values: Any) -> str:
        """Make a snapshot that is available and return its id."""
        made = self.call("POST", "/snapshots", 202, {"snapshot": {"volume_id": volume_id, **values}}).json["snapshot"]
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == made["id"]).values(
                active_key=None, phase="done"))
            connection.execute(sa.update(volume_snapshot).where(volume_snapshot.c.id == made["id"]).values(status="available"))
        return str(made["id"])


class SnapshotsApiTest(WithSnapshots):
    """Making, seeing, changing and deleting snapshots."""

    def test_life_of_a_snapshot(self) -> None:
        volume_id = self.ready(size=2)
        snapshot_id = self.snap(volume_id, name="kept", metadata={"a": "1"})
        shown = self.call("GET", f"/snapshots/{snapshot_id}", 200, version="3.41").json["snapshot"]
        self.assertEqual(("kept", "available", 2, volume_id, "100%"), tuple(shown[key] for key in (
            "name", "status", "size", "volume_id", "os-extended-snapshot-attributes:progress")))
        self.assertIn("user_id", shown)
        changed = self.call("PUT", f"/snapshots/{snapshot_id}", 200, {"snapshot": {"name": "other"}}).json["snapshot"]
        self.assertEqual("other", changed["name"])
        path = f"/snapshots/{snapshot_id}/metadata"
        self.assertEqual({"a": "1", "b": "2"}, self.call("POST", path, 200, {"metadata": {"b": "2"}}).json["metadata"])
        self.assertEqual({"c": "3"}, self.call("PUT", path, 200, {"metadata": {"c": "3"}}).json["metadata"])
        self.assertEqual({"c": "4"}, self.call("PUT", f"{path}/c", 200, {"meta": {"c": "4"}}).json["meta"])
        self.assertEqual({"c": "4"}, self.call("GET", f"{path}/c", 200).json["meta"])
        self.call("DELETE", f"{path}/c", 200)
        self.assertEqual({}, self.call("GET", path, 200).json["metadata"])
        refused = self.call("DELETE", f"/volumes/{volume_id}", 400)
        self.assertIn(snapshot_id, refused.json["badRequest"]["message"])
        self.call("DELETE", f"/snapshots/{snapshot_id}", 202)
        self.assertEqual("deleting", self.call("GET", f"/snapshots/{snapshot_id}", 200).json["snapshot"]["status"])
        self.call("DELETE", f"/volumes/{volume_id}?cascade=true", 400)  # something is done to it
        self.call("DELETE", "/snapshots/none", 404)

    def test_lists(self) -> None:
        volume_id = self.ready()
        ids = [self.snap(volume_id, name=f"s{number}", metadata={"k": str(number)}) for number in range(3)]
        for query, found in (("", ids[::-1]), ("?limit=1", ids[2:]), ("?limit=1&offset=1", ids[1:2]), ("?sort=name:asc", ids),
                             (f"?marker={ids[1]}", ids[:1]), ("?name=s1", ids[1:2]), (f"?volume_id={volume_id}", ids[::-1]),
                             ("?status=error", []), ("?metadata={'k': '2'}", ids[2:]), ("?limit=0", [])):
            with self.subTest(query=query):
                listed = self.call("GET", f"/snapshots/detail{query}", 200).json
                self.assertEqual(found, [each["id"] for each in listed["snapshots"]])
        self.assertIn("snapshots_links", self.call("GET", "/snapshots?limit=3", 200).json)
        self.assertEqual(3, self.call("GET", "/snapshots?limit=1&with_count=true", 200, version="3.45").json["count"])
        for query, count in (("metadata={'k': '2'}", 1), ("name~=s", 3), ("name~=1", 1), ("status~=avail", 3), ("description~=x", 0),
                             ("consumes_quota=0", 0)):
            with self.subTest(query=query):
                counted = self.call("GET", f"/snapshots?{query}&with_count=true", 200, version="3.65").json
                self.assertEqual((count, count), (counted["count"], len(counted["snapshots"])))
        self.assertEqual([], self.admin("GET", "/snapshots", 200)["snapshots"])
        self.assertEqual(3, len(self.admin("GET", "/snapshots?all_tenants=1", 200)["snapshots"]))

    def test_what_is_wrong_is_refused(self) -> None:
        young = self.make()["id"]
        self.call("POST", "/snapshots", 400, {"snapshot": {"volume_id": young}})
        self.call("POST", "/snapshots", 404, {"snapshot": {"volume_id": "none"}})
        self.call("POST", "/snapshots", 400, {"snapshot": {}})
        self.call("POST", "/snapshots", 404, {"snapshot": {"volume_id": None}})
        volume_id = self.ready()
        self.call("DELETE", f"/volumes/{volume_id}", 202)
        self.call("POST", "/snapshots", 400, {"snapshot": {"volume_id": volume_id, "force": True}})
        project = self.shown(volume_id)["os-vol-tenant-attr:tenant_id"]
        other = self.ready()
        self.admin("PUT", f"/os-quota-sets/{project}", 200, {"quota_set": {"snapshots": 0}})
        self.call("POST", "/snapshots", 413, {"snapshot": {"volume_id": other}})

    def test_administration(self) -> None:
        path = f"/snapshots/{self.snap(self.ready())}"
        self.call("POST", f"{path}/action", 403, {"os-reset_status": {"status": "error"}})
        self.admin("POST", f"{path}/action", 202, {"os-reset_status": {"status": "creating"}})
        self.call("POST", f"{path}/action", 202, {"os-update_snapshot_status": {"status": "error", "progress": "80%"}})
        shown = self.call("GET", path, 200).json["snapshot"]
        self.assertEqual(("error", "80%"), (shown["status"], shown["os-extended-snapshot-attributes:progress"]))
        self.admin("POST", f"{path}/action", 400, {"os-update_snapshot_status": {"status": "available"}})
        self.admin("POST", f"{path}/action", 202, {"os-force_delete": {}})
        self.assertEqual("deleting", self.call("GET", path, 200).json["snapshot"]["status"])


class SourcesTest(WithSnapshots):
    """Volumes made of snapshots, of volumes and of images."""

    def test_of_a_snapshot_and_of_a_volume(self) -> None:
        volume_id = self.ready(size=2)
        snapshot_id = self.snap(volume_id)
        restored = self.make(size=None, snapshot_id=snapshot_id)
        self.assertEqual((2, snapshot_id), (restored["size"], restored["snapshot_id"]))
        clone = self.make(size=3, source_volid=volume_id)
        self.assertEqual((3, volume_id), (clone["size"], clone["source_volid"]))
        for wrong, status in (({"snapshot_id": snapshot_id, "size": 1}, 400), ({"source_volid": volume_id, "size": 1}, 400),
                              ({"snapshot_id": "none"}, 404), ({"source_volid": "none"}, 404),
                              ({"snapshot_id": snapshot_id, "source_volid": volume_id}, 400),
                              ({"source_volid": clone["id"]}, 400)):
            with self.subTest(wrong=wrong):
                self.call("POST", "/volumes", status, {"volume": wrong})
        self.call("DELETE", f"/snapshots/{snapshot_id}", 400)  # a volume is being made of it
        self.settle(restored["id"])
        self.settle(clone["id"])
        self.call("DELETE", f"/snapshots/{snapshot_id}", 202)

    def test_of_an_image(self) -> None:
        image_id = self.image(min_disk=2, os_type="linux")
        self.call("POST", "/volumes", 400, {"volume": {"size": 1, "imageRef": image_id}})
        self.call("POST", "/volumes", 400, {"volume": {"imageRef": image_id}})
        self.call("POST", "/volumes", 400, {"volume": {"size": 2, "imageRef": "none"}})
        made = self.make(size=2, imageRef=image_id)
        self.assertEqual("true", made["bootable"])
        kept = self.shown(made["id"])["volume_image_metadata"]
        self.assertEqual((image_id, "linux", "raw"), (kept["image_id"], kept["os_type"], kept["disk_format"]))
        found = self.call("GET", "/volumes?glance_metadata={'os_type': 'linux'}", 200).json["volumes"]
        self.assertEqual([made["id"]], [each["id"] for each in found])
        self.assertEqual("false", self.make(imageRef="")["bootable"])

    def image(self, **values: Any) -> str:
        """Make an image that everybody may use and return its id."""
        made = self.api.post("/image/v2/images", {"name": "guest", "disk_format": "raw", "container_format": "bare",
                                                  "visibility": "public", **values})
        self.api.put(f"/image/v2/images/{made.json['id']}/file", b"\0" * 512, headers={
            "Content-Type": "application/octet-stream"})
        return str(made.json["id"])
