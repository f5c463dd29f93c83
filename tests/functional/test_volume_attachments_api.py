"""Attachments over the real application: of servers by the compute API, of others by block storage. No agent runs here."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import claim, server
from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume_attachment
from cumulo.volume import attachments
from tests.functional import test_volume_api

C = "/compute/v2.1"
SINCE = "3.27"


class AttachmentsTest(test_volume_api.VolumeApiTest):
    """Volumes of a server, and volumes that are kept."""

    def server(self) -> str:
        """Make a server that is ACTIVE on a host and return its id."""
        image = self.api.post("/image/v2/images", {"name": "guest", "disk_format": "raw", "container_format": "bare",
                                                   "visibility": "public"}).json["id"]
        self.api.put(f"/image/v2/images/{image}/file", b"\0" * 512, headers={"Content-Type": "application/octet-stream"})
        self.api.post(f"{C}/flavors", {"flavor": {"name": "small", "ram": 64, "vcpus": 1, "disk": 1, "id": "1"}})
        made = self.api.post(f"{C}/servers", {"server": {"name": "one", "imageRef": image, "flavorRef": "1", "networks": "none"}},
                             token=self.member, headers={"OpenStack-API-Version": "compute 2.37"})
        self.assertEqual(202, made.status_int, made.text)
        server_id = str(made.json["server"]["id"])
        with self.api.database.write() as connection:
            connection.execute(sa.update(server).where(server.c.id == server_id).values(status="ACTIVE", host="h1"))
            connection.execute(sa.insert(claim).values(
                server_id=server_id, host="h1", vcpus=1, memory_mib=64, disk_gib=1, created_at=1.0))
        self.end(server_id)
        return server_id

    def end(self, its_id: str) -> None:
        """End an operation."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == its_id).values(
                active_key=None, phase="done"))

    def ask(self, method: str, path: str, status: int, body: Any = None, version: str = "2.1") -> Any:
        """Send a request to the compute API as alice and return the JSON of its answer."""
        answer = self.api.request(method, f"{C}{path}", body, token=self.member,
                                  headers={"OpenStack-API-Version": f"compute {version}"})
        self.assertEqual(status, answer.status_int, answer.text)
        return answer.json if answer.body else None

    def attached(self, server_id: str, volume_id: str) -> None:
        """End the operation that attaches well."""
        self.end(server_id)
        with self.api.database.write() as connection:
            found = attachments.of_server(connection, server_id)
            its_id = next(each["id"] for each in found if each["volume_id"] == volume_id)
            attachments.update(connection, 5.0, its_id, status="attached", connection={"kind": "fake"}, attached_at=5.0)

    def test_a_servers_volume(self) -> None:
        server_id, volume_id, other = self.server(), self.ready(), self.ready()
        path = f"/servers/{server_id}/os-volume_attachments"
        asked = {"volumeAttachment": {"volumeId": volume_id}}
        made = self.ask("POST", path, 200, asked)["volumeAttachment"]
        self.assertEqual({"id": volume_id, "volumeId": volume_id, "serverId": server_id, "device": "/dev/vdb"}, made)
        self.assertEqual("attaching", self.shown(volume_id)["status"])
        self.ask("DELETE", f"{path}/{volume_id}", 400)
        self.call("DELETE", f"/volumes/{volume_id}", 400)
        self.attached(server_id, volume_id)
        shown = self.shown(volume_id)
        self.assertEqual(("in-use", server_id, "/dev/vdb"), (
            shown["status"], shown["attachments"][0]["server_id"], shown["attachments"][0]["device"]))
        self.ask("POST", path, 400, asked)
        found = self.ask("GET", f"{path}/{volume_id}", 200, version="2.89")["volumeAttachment"]
        self.assertEqual({"volumeId", "serverId", "device", "tag", "delete_on_termination", "attachment_id", "bdm_uuid"},
                         set(found))
        self.assertEqual(1, len(self.ask("GET", path, 200)["volumeAttachments"]))
        volumes = self.ask("GET", f"/servers/{server_id}", 200, version="2.3")["server"]["os-extended-volumes:volumes_attached"]
        self.assertEqual([{"id": volume_id, "delete_on_termination": False}], volumes)
        self.ask("PUT", f"{path}/{volume_id}", 202, {"volumeAttachment": {
            "volumeId": volume_id, "delete_on_termination": True}}, version="2.85")
        self.ask("PUT", f"{path}/{volume_id}", 403, {"volumeAttachment": {"volumeId": other}}, version="2.85")
        self.assertTrue(self.ask("GET", path, 200, version="2.79")["volumeAttachments"][0]["delete_on_termination"])
        its_id = self.call("GET", "/attachments", 200, version=SINCE).json["attachments"][0]["id"]
        self.call("DELETE", f"/attachments/{its_id}", 409, version=SINCE)
        self.call("PUT", f"/attachments/{its_id}", 409, {"attachment": {"connector": {"host": "metal"}}}, version=SINCE)
        self.call("POST", f"/attachments/{its_id}/action", 409, {"os-complete": None}, version="3.44")
        self.admin("POST", f"/volumes/{volume_id}/action", 409, {"os-reset_status": {"attach_status": "detached"}})
        self.assertIn(server_id, self.call("DELETE", f"/volumes/{volume_id}", 400).text)
        self.ask("DELETE", f"{path}/{volume_id}", 202)
        self.assertEqual("detaching", self.shown(volume_id)["status"])
        self.ask("GET", f"{path}/{other}", 404)
        self.ask("POST", path, 404, {"volumeAttachment": {"volumeId": "none"}})

    def test_a_volume_that_is_kept(self) -> None:
        volume_id = self.ready()
        made = self.call("POST", "/attachments", 200, {"attachment": {"volume_uuid": volume_id, "instance_uuid": "x"}},
                         version=SINCE).json["attachment"]
        self.assertEqual(("reserved", "x"), (made["status"], made["instance"]))
        self.assertEqual("reserved", self.shown(volume_id)["status"])
        self.call("POST", "/attachments", 400, {"attachment": {"volume_uuid": volume_id}}, version=SINCE)
        self.call("DELETE", f"/volumes/{volume_id}", 400)
        for query, count in (("status~=zzz", 0), ("status~=e&attach_status~=e", 1)):
            found = self.call("GET", f"/attachments?volume_id={volume_id}&{query}", 200, version="3.34").json["attachments"]
            self.assertEqual(count, len(found), query)
        listed = self.call("GET", f"/attachments/detail?volume_id={volume_id}", 200, version=SINCE).json["attachments"]
        self.assertEqual([made["id"]], [each["id"] for each in listed])
        self.assertEqual("rw", self.call("GET", f"/attachments/{made['id']}", 200, version=SINCE).json["attachment"]["attach_mode"])
        self.assertEqual([], self.call("DELETE", f"/attachments/{made['id']}", 200, version=SINCE).json["attachments"])
        self.assertEqual("available", self.shown(volume_id)["status"])
        self.call("GET", f"/attachments/{made['id']}", 404, version=SINCE)
        self.call("GET", "/attachments", 404)  # they have come with 3.27

    def test_a_kept_volume_is_attached_by_who_kept_it(self) -> None:
        volume_id = self.ready()
        made = self.call("POST", "/attachments", 200, {"attachment": {"volume_uuid": volume_id}}, version=SINCE).json["attachment"]
        path, asked = f"/attachments/{made['id']}", {"attachment": {"connector": {"host": "metal", "initiator": "iqn.x", "multipath": False}}}
        self.call("POST", f"{path}/action", 400, {"os-complete": None}, version="3.44")  # it has not said where it is
        self.call("PUT", path, 400, {"attachment": asked["attachment"] | {"mode": "ro"}}, version=SINCE)  # since 3.54
        shown = self.call("PUT", path, 200, asked, version=SINCE).json["attachment"]
        self.assertEqual(("attaching", "rw"), (shown["status"], shown["attach_mode"]))
        self.assertEqual("attaching", self.shown(volume_id)["status"])
        shown = self.call("PUT", path, 200, {"attachment": asked["attachment"] | {"mode": "ro"}}, version="3.54").json["attachment"]
        self.assertEqual("ro", shown["attach_mode"])
        self.call("POST", f"{path}/action", 404, {"os-complete": None}, version="3.43")
        self.call("POST", f"{path}/action", 204, {"os-complete": None}, version="3.44")
        shown = self.call("GET", path, 200, version=SINCE).json["attachment"]
        self.assertEqual("attached", shown["status"])
        self.assertIsNotNone(shown["attached_at"])
        self.assertEqual("in-use", self.shown(volume_id)["status"])
        self.call("PUT", path, 400, asked, version=SINCE)
        refused = self.call("DELETE", f"/volumes/{volume_id}", 400).json["badRequest"]["message"]
        self.assertIn(made["id"], refused)
        self.call("DELETE", path, 200, version=SINCE)
        self.assertEqual("available", self.shown(volume_id)["status"])

    def test_an_attachment_that_begins_with_its_connector(self) -> None:
        volume_id = self.ready()
        self.call("POST", f"/volumes/{volume_id}/action", 202, {"os-update_readonly_flag": {"readonly": True}})
        asked = {"volume_uuid": volume_id, "connector": {"host": "metal", "mountpoint": "/dev/sdx"}}
        self.call("POST", "/attachments", 400, {"attachment": asked | {"mode": "rw"}}, version="3.54")
        made = self.call("POST", "/attachments", 200, {"attachment": asked}, version="3.54").json["attachment"]
        self.assertEqual(("attaching", "ro"), (made["status"], made["attach_mode"]))
        path = f"/volumes/{volume_id}/action"
        self.admin("POST", path, 202, {"os-reset_status": {"attach_status": "detached"}})
        self.assertEqual("available", self.shown(volume_id)["status"])
        self.admin("POST", path, 400, {"os-reset_status": {"attach_status": "attached"}})

    def test_uses_as_older_clients_name_them(self) -> None:
        volume_id = self.ready()
        path = f"/volumes/{volume_id}/action"

        def act(status: str, **action: Any) -> None:
            self.call("POST", path, 202, action)
            self.assertEqual(status, self.shown(volume_id)["status"])

        act("attaching", **{"os-reserve": {}})
        self.call("POST", path, 400, {"os-reserve": {}})
        act("available", **{"os-unreserve": {}})
        act("attaching", **{"os-reserve": {}})
        use = {"mountpoint": "/dev/vdc", "instance_uuid": "someone"}
        self.call("POST", path, 400, {"os-attach": {"mountpoint": "/dev/vdc"}})
        act("in-use", **{"os-attach": use})
        self.assertEqual(("someone", "/dev/vdc"), tuple(self.shown(volume_id)["attachments"][0][key] for key in (
            "server_id", "device")))
        act("detaching", **{"os-begin_detaching": {}})
        act("in-use", **{"os-roll_detaching": {}})
        act("available", **{"os-detach": {}})
        act("available", **{"os-detach": {}})  # nothing to be said
        act("in-use", **{"os-attach": use})
        self.call("POST", path, 403, {"os-force_detach": {}})
        self.admin("POST", path, 202, {"os-reset_status": {"status": "error"}})
        self.admin("POST", path, 202, {"os-force_detach": {"attachment_id": None, "connector": None}})
        self.assertEqual("available", self.shown(volume_id)["status"])

    def test_a_volume_becomes_an_image(self) -> None:
        volume_id = self.ready()
        path, asked = f"/volumes/{volume_id}/action", {"image_name": "saved", "disk_format": "raw", "container_format": "bare"}
        made = self.call("POST", path, 202, {"os-volume_upload_image": asked}).json["os-volume_upload_image"]
        self.assertEqual(("uploading", "saved", "raw"), tuple(made[key] for key in ("status", "image_name", "disk_format")))
        self.assertEqual("uploading", self.shown(volume_id)["status"])
        image = self.api.get(f"/image/v2/images/{made['image_id']}", token=self.member).json
        self.assertEqual(("queued", "shared", 1), (image["status"], image["visibility"], image["min_disk"]))
        self.call("POST", path, 400, {"os-volume_upload_image": asked})
        self.settle(volume_id)
        made = self.call("POST", path, 202, {"os-volume_upload_image": asked | {"visibility": "shared", "protected": False}},
                         version="3.1").json["os-volume_upload_image"]
        self.assertEqual(("shared", False), (made["visibility"], made["protected"]))
        self.call("POST", path, 400, {"os-volume_upload_image": asked | {"visibility": "shared"}})

    def test_other_contents_are_refused_where_they_do_not_fit(self) -> None:
        volume_id, other = self.ready(), self.ready()
        snapshot = self.call("POST", "/snapshots", 202, {"snapshot": {"volume_id": other}}).json["snapshot"]["id"]
        path = f"/volumes/{volume_id}/action"
        self.call("POST", path, 400, {"revert": {"snapshot_id": snapshot}}, version="3.39")
        self.call("POST", path, 400, {"revert": {"snapshot_id": snapshot}}, version="3.40")
        self.call("POST", path, 404, {"revert": {"snapshot_id": "none"}}, version="3.40")
        self.call("POST", path, 400, {"os-reimage": {"image_id": "none"}}, version="3.67")
        self.call("POST", path, 400, {"os-reimage": {"image_id": "none"}}, version="3.68")
        self.call("POST", "/attachments", 200, {"attachment": {"volume_uuid": volume_id}}, version=SINCE)
        self.call("POST", path, 400, {"os-reimage": {"image_id": self.image(3)}}, version="3.68")  # it is kept for somebody
        self.call("POST", path, 400, {"os-reimage": {"image_id": self.image(3), "reimage_reserved": True}}, version="3.68")  # too large
        self.call("POST", path, 202, {"os-reimage": {"image_id": self.image(1), "reimage_reserved": True}}, version="3.68")
        self.assertEqual("downloading", self.shown(volume_id)["status"])

    def test_what_a_backend_has_is_taken_over(self) -> None:
        held = [{"name": "disk", "size_gib": 2}, {"name": "snapshot-old", "size_gib": 1}, {"name": "large", "size_gib": 7}]
        serving = self.api.runtime.bus.serve("volume.h1", {"strangers": lambda call, backend: held})
        self.addCleanup(serving.stop)
        asked = {"host": "h1@fake", "ref": {"source-name": "disk"}}
        for path in ("/os-volume-manage", "/manageable_volumes"):
            self.call("POST", path, 403, {"volume": asked}, version="3.8")
            made = self.admin("POST", path, 202, {"volume": asked | {"name": "mine"}}, version="3.8")["volume"]
            self.assertEqual(("managing", 2, "mine"), (made["status"], made["size"], made["name"]))
        self.admin("POST", "/manageable_volumes", 404, {"volume": asked})
        for wrong in ({"host": "h1@none"}, {"ref": {"source-name": "none"}}, {"ref": {"source-name": "../disk"}}):
            self.admin("POST", "/os-volume-manage", 400, {"volume": asked | wrong})
        self.admin("GET", "/os-volume-manage", 400)
        found = self.admin("GET", "/manageable_volumes?host=h1@fake&sort=size:desc&limit=2", 200, version="3.8")["manageable-volumes"]
        self.assertEqual(["large", 2], [found[0]["reference"]["source-name"], len(found)])
        volume_id = self.ready(size=2)
        for path in ("/os-snapshot-manage", "/manageable_snapshots"):
            old = {"volume_id": volume_id, "ref": {"source-name": "snapshot-old"}}
            made = self.admin("POST", path, 202, {"snapshot": old}, version="3.8")["snapshot"]
            self.assertEqual(("creating", 1), (made["status"], made["size"]))
            self.admin("POST", path, 400, {"snapshot": old | {"ref": {"source-name": "large"}}}, version="3.8")
            listed = self.admin("GET", f"{path}/detail?host=h1@fake", 200, version="3.8")["manageable-snapshots"]
            self.assertIn(("snapshot-old", True, None), [
                (each["reference"]["source-name"], each["safe_to_manage"], each["cinder_id"]) for each in listed])
            self.assertIn(made["id"], [each["cinder_id"] for each in listed])

    def image(self, min_disk: int) -> str:
        """Make an image that wants so large a disk, and return its id."""
        made = self.api.post("/image/v2/images", {"name": "guest", "disk_format": "raw", "container_format": "bare",
                                                  "visibility": "public", "min_disk": min_disk}).json["id"]
        self.api.put(f"/image/v2/images/{made}/file", b"\0" * 512, headers={"Content-Type": "application/octet-stream"})
        return str(made)

    def test_what_was_never_made_is_not_attached(self) -> None:
        volume_id = self.make()["id"]
        self.end(volume_id)
        self.admin("POST", f"/volumes/{volume_id}/action", 202, {"os-reset_status": {"status": "available"}})
        asked = {"volumeAttachment": {"volumeId": volume_id}}
        self.ask("POST", f"/servers/{self.server()}/os-volume_attachments", 400, asked)

    def test_a_copy_of_a_volume_in_use_needs_one_moment(self) -> None:
        volume_id = self.ready()
        with self.api.database.write() as connection:
            connection.execute(sa.insert(volume_attachment).values(
                id="a", volume_id=volume_id, status="attached", mode="rw", created_at=1.0, updated_at=1.0))
            attachments.follow(connection, 1.0, volume_id)
        self.call("POST", "/snapshots", 400, {"snapshot": {"volume_id": volume_id}})
        self.call("POST", "/snapshots", 400, {"snapshot": {"volume_id": volume_id, "force": True}})
        self.call("POST", "/volumes", 400, {"volume": {"source_volid": volume_id}})
