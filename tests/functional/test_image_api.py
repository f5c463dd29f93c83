"""The image API as a client sees it."""

import gzip
import hashlib
import io
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import unittest
from typing import Any

import webob

from tests.fixtures.image_api import ImageApi

ADMIN, OTHER, READER = "admin:admin", "other:member", "demo:reader"
OLD_PATCH_TYPE = "application/openstack-images-v2.0-json-patch"
DATA = os.urandom(3000)


class ImageApiCase(unittest.TestCase):
    """An empty image API for each test."""

    def setUp(self) -> None:
        self.api = ImageApi()
        self.addCleanup(self.api.close)

    def expect(self, status: int, answer: webob.Response) -> webob.Response:
        """Fail unless the answer has the status; an error must be JSON with a message."""
        self.assertEqual(status, answer.status_int, answer.body[:500])
        if status >= 400:
            self.assertEqual("application/json", answer.content_type)
            self.assertTrue(answer.json["error"]["message"])
        return answer


class Lifecycle(ImageApiCase):
    """Create, upload, download, delete."""

    def test_a_new_image_waits_for_its_data(self) -> None:
        answer = self.expect(201, self.api.send("POST", "/v2/images", {
            "name": "café", "disk_format": "raw", "container_format": "bare", "min_disk": 1, "tags": ["b", "a", "a"],
            "hw_disk_bus": "virtio"}))
        image = answer.json
        self.assertEqual(("queued", "shared", None, None), (
            image["status"], image["visibility"], image["size"], image["checksum"]))
        self.assertEqual(("café", "virtio", ["a", "b"], "demo"), (
            image["name"], image["hw_disk_bus"], image["tags"], image["owner"]))
        self.assertTrue(answer.headers["Location"].endswith(f"/v2/images/{image['id']}"))
        self.assertEqual(f"/v2/images/{image['id']}/file", image["file"])
        self.assertEqual(image, self.api.show(image["id"]))
        self.expect(204, self.api.send("GET", f"{image['self']}/file"))

    def test_data_goes_in_and_comes_out(self) -> None:
        image_id = self.api.create()["id"]
        self.expect(204, self.api.upload(image_id, DATA))
        image = self.api.show(image_id)
        self.assertEqual(("active", 3000, 3000), (image["status"], image["size"], image["virtual_size"]))
        self.assertEqual(hashlib.md5(DATA).hexdigest(), image["checksum"])
        self.assertEqual(("sha512", hashlib.sha512(DATA).hexdigest()), (image["os_hash_algo"], image["os_hash_value"]))
        answer = self.expect(200, self.api.send("GET", f"/v2/images/{image_id}/file"))
        self.assertEqual(DATA, answer.body)
        self.assertEqual((image["checksum"], "application/octet-stream", 3000), (
            answer.headers["Content-Md5"], answer.content_type, answer.content_length))

    def test_a_range_is_served(self) -> None:
        image_id = self.api.create()["id"]
        self.api.upload(image_id, DATA)
        path = f"/v2/images/{image_id}/file"
        for header, part, text in (("bytes=10-19", DATA[10:20], "bytes 10-19/3000"),
                                   ("bytes=2990-", DATA[2990:], "bytes 2990-2999/3000"),
                                   ("bytes=-5", DATA[-5:], "bytes 2995-2999/3000")):
            answer = self.expect(206, self.api.send("GET", path, Range=header))
            self.assertEqual((part, text), (answer.body, answer.headers["Content-Range"]))
        self.expect(416, self.api.send("GET", path, Range="bytes=3000-"))
        self.assertEqual(DATA, self.api.send("GET", path, Range="lines=1-2").body)

    def test_delete_removes_the_row_and_the_file(self) -> None:
        image_id = self.api.create(properties="x")["id"]
        self.api.upload(image_id, DATA)
        self.assertEqual(1, len(self.api.store.names()))
        self.expect(204, self.api.send("DELETE", f"/v2/images/{image_id}"))
        self.assertEqual(set(), self.api.store.names())
        for method in ("GET", "DELETE"):
            self.expect(404, self.api.send(method, f"/v2/images/{image_id}"))

    def test_a_protected_image_stays(self) -> None:
        image_id = self.api.create(protected=True)["id"]
        self.expect(403, self.api.send("DELETE", f"/v2/images/{image_id}"))
        self.expect(200, self.api.patch(image_id, {"op": "replace", "path": "/protected", "value": False}))
        self.expect(204, self.api.send("DELETE", f"/v2/images/{image_id}"))

    def test_an_id_may_be_chosen_once(self) -> None:
        image_id = "6a0a4d4c-0c4f-4d5a-9b3a-0a1b2c3d4e5f"
        self.assertEqual(image_id, self.api.create(id=image_id)["id"])
        self.expect(409, self.api.send("POST", "/v2/images", {"id": image_id}))
        self.expect(409, self.api.send("POST", "/v2/images", {"id": image_id}, token=OTHER))

    def test_an_administrator_names_any_owner(self) -> None:
        for owner in ("other", "unknown"):
            image = self.api.create(ADMIN, owner=owner)
            self.assertEqual(owner, image["owner"])
            change = {"op": "replace", "path": "/owner", "value": "third"}
            self.assertEqual("third", self.expect(200, self.api.patch(image["id"], change, token=ADMIN)).json["owner"])
        self.expect(403, self.api.send("POST", "/v2/images", {"owner": "unknown"}))

    def test_an_empty_id_is_nobodys(self) -> None:
        self.api.create()
        for method in ("GET", "DELETE", "PATCH"):
            self.expect(404, self.api.send(method, "/v2/images/"))

    def test_deactivation_forbids_download(self) -> None:
        image_id = self.api.create(visibility="community")["id"]
        action = f"/v2/images/{image_id}/actions"
        self.expect(409, self.api.send("POST", f"{action}/deactivate"))
        self.api.upload(image_id, DATA)
        self.expect(403, self.api.send("POST", f"{action}/deactivate", token=OTHER))
        self.expect(204, self.api.send("POST", f"{action}/deactivate"))
        self.assertEqual("deactivated", self.api.show(image_id)["status"])
        self.expect(403, self.api.send("GET", f"/v2/images/{image_id}/file"))
        self.expect(204, self.api.send("POST", f"{action}/reactivate"))
        self.expect(200, self.api.send("GET", f"/v2/images/{image_id}/file"))

    def test_kernel_and_ramdisk_images(self) -> None:
        kernel = self.api.create(disk_format="aki", container_format="aki")["id"]
        ramdisk = self.api.create(disk_format="ari", container_format="ari")["id"]
        self.expect(204, self.api.upload(kernel, DATA))
        self.assertEqual("bare", self.api.create(disk_format="ami", container_format="bare")["container_format"])
        image = self.api.create(kernel_id=kernel, ramdisk_id=ramdisk)
        self.assertEqual((kernel, ramdisk), (image["kernel_id"], image["ramdisk_id"]))
        self.expect(400, self.api.send("POST", "/v2/images", {"kernel_id": "vmlinuz"}))


class Uploads(ImageApiCase):
    """What can go wrong while data comes in."""

    def refused(self, status: int, image_id: str, data: bytes, left: int = 0) -> None:
        """Upload, expect a refusal, and an image that can be tried again."""
        self.expect(status, self.api.upload(image_id, data))
        self.assertEqual("queued", self.api.show(image_id)["status"])
        self.assertEqual(left, len(self.api.store.names()))

    def stream(self, image_id: str, source: Any, **environ: Any) -> webob.Response:
        """Upload from a file-like object."""
        request = webob.Request.blank(f"/v2/images/{image_id}/file", method="PUT", headers={
            "X-Auth-Token": "demo:member", "Content-Type": "application/octet-stream"}, environ=environ)
        request.environ["wsgi.input"] = source
        return request.get_response(self.api.application)

    def test_a_second_upload_conflicts(self) -> None:
        image_id = self.api.create()["id"]
        self.api.upload(image_id, DATA)
        self.expect(409, self.api.upload(image_id, DATA))
        self.assertEqual(1, len(self.api.store.names()))

    def test_formats_must_be_known_before(self) -> None:
        image_id = self.api.send("POST", "/v2/images", {}).json["id"]
        self.refused(400, image_id, DATA)

    def test_media_type(self) -> None:
        image_id = self.api.create()["id"]
        self.expect(415, self.api.send("PUT", f"/v2/images/{image_id}/file", DATA))

    def test_a_body_in_chunks(self) -> None:
        image_id = self.api.create()["id"]
        self.expect(204, self.stream(image_id, Pieces(DATA, 700), HTTP_TRANSFER_ENCODING="chunked"))
        self.assertEqual(DATA, self.api.send("GET", f"/v2/images/{image_id}/file").body)

    def test_a_connection_that_breaks(self) -> None:
        image_id = self.api.create()["id"]
        broken = Pieces(DATA, 700, failure=OSError("unexpected end of file while parsing chunked data"))
        self.expect(400, self.stream(image_id, broken, HTTP_TRANSFER_ENCODING="chunked"))
        self.expect(400, self.stream(image_id, Pieces(DATA, 700), CONTENT_LENGTH="3001"))
        self.assertEqual(("queued", set()), (self.api.show(image_id)["status"], self.api.store.names()))
        self.expect(204, self.api.upload(image_id, DATA))

    def test_too_much_data(self) -> None:
        image_id = self.api.create()["id"]
        self.expect(413, self.stream(image_id, Pieces(DATA, 700), CONTENT_LENGTH=str(2**60)))
        self.assertEqual("queued", self.api.show(image_id)["status"])

    def test_delete_while_data_comes_in(self) -> None:
        image_id = self.api.create()["id"]
        source = Pieces(DATA, 1000, between=lambda: self.api.send("DELETE", f"/v2/images/{image_id}"))
        self.expect(410, self.stream(image_id, source, CONTENT_LENGTH="3000"))
        self.assertEqual(set(), self.api.store.names())

    def test_data_that_is_not_what_it_is_called(self) -> None:
        qcow2 = b"QFI\xfb" + b"\x00" * 1000
        self.refused(400, self.api.create()["id"], qcow2)
        self.refused(400, self.api.create(disk_format="qcow2")["id"], DATA)
        self.refused(400, self.api.create(disk_format="qcow2")["id"], qcow2)
        self.refused(400, self.api.create(disk_format="aki", container_format="aki")["id"], qcow2)

    def test_data_may_be_called_anything_where_nobody_minds(self) -> None:
        self.api.conf.set_override("format_enforcement", False, "image")
        for disk_format, expected in (("qcow2", None), ("vhd", None), ("raw", 3000), ("ari", 3000)):
            container = disk_format if disk_format == "ari" else "bare"
            image_id = self.api.create(disk_format=disk_format, container_format=container)["id"]
            self.expect(204, self.api.upload(image_id, DATA))
            self.assertEqual(expected, self.api.show(image_id)["virtual_size"], disk_format)
        qcow2_with_backing_file = b"QFI\xfb" + (3).to_bytes(4, "big") + (64).to_bytes(8, "big") + b"\x00" * 1000
        self.refused(400, self.api.create(disk_format="qcow2")["id"], qcow2_with_backing_file, left=4)
        descriptor = b"\n# Disk DescriptorFile\ncreateType=monolithicFlat\nRW 8 FLAT \"/etc/passwd\" 0\n"
        self.refused(400, self.api.create(disk_format="vmdk")["id"], descriptor, left=4)
        both = bytearray(qcow2_with_backing_file.ljust(33000, b"\x00"))
        both[32769:32774] = b"CD001"
        self.refused(400, self.api.create(disk_format="qcow2")["id"], bytes(both), left=4)

    @unittest.skipUnless(shutil.which("qemu-img"), "needs qemu-img")
    def test_real_images(self) -> None:
        for disk_format, driver in (("qcow2", "qcow2"), ("vmdk", "vmdk"), ("vdi", "vdi"), ("vhd", "vpc"),
                                    ("vhdx", "vhdx"), ("ploop", "parallels")):
            image_id = self.api.create(disk_format=disk_format)["id"]
            self.expect(204, self.api.upload(image_id, made_by_qemu(driver)))
            self.assertGreaterEqual(self.api.show(image_id)["virtual_size"], 4 * 1024 * 1024, disk_format)

    @unittest.skipUnless(shutil.which("qemu-img"), "needs qemu-img")
    def test_hostile_images(self) -> None:
        with_backing = made_by_qemu("qcow2", "-b", "/etc/passwd", "-F", "raw", "-u")
        self.refused(400, self.api.create(disk_format="qcow2")["id"], with_backing)
        with tempfile.NamedTemporaryFile() as data:
            with_data_file = made_by_qemu("qcow2", "-o", f"data_file={data.name}")
        self.refused(400, self.api.create(disk_format="qcow2")["id"], with_data_file)
        flat = made_by_qemu("vmdk", "-o", "subformat=monolithicFlat")
        self.refused(400, self.api.create(disk_format="vmdk")["id"], flat)

    @unittest.skipUnless(shutil.which("qemu-img"), "needs qemu-img")
    def test_images_that_cost_more_than_they_are(self) -> None:
        """Small files that claim to be huge: a disk of many TiB, tables of many GiB, sixteen million snapshots."""
        sound = made_by_qemu("qcow2")
        for offset, claim in ((24, struct.pack(">Q", 2**62)), (24, struct.pack(">Q", 1 << 50)), (36, b"\x7f\xff\xff\xff"),
                              (56, b"\x7f\xff\xff\xff"), (60, b"\x00\xff\xff\xff"), (20, b"\x00\x00\x00\x3f"),
                              (40, struct.pack(">Q", 2**63 - 512)), (100, struct.pack(">I", 2**31))):
            with self.subTest(offset):
                self.refused(400, self.api.create(disk_format="qcow2")["id"],
                             sound[:offset] + claim + sound[offset + len(claim):])
        huge = made_by_qemu("vdi", size="500T")
        self.refused(400, self.api.create(disk_format="vdi")["id"], huge)

    def test_wrapped_disks(self) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("disk.ovf"))
        for container, data in (("ova", packed.getvalue()), ("compressed", gzip.compress(DATA))):
            image_id = self.api.create(disk_format="vmdk", container_format=container)["id"]
            self.expect(204, self.api.upload(image_id, data))
            self.assertIsNone(self.api.show(image_id)["virtual_size"])
            image_id = self.api.create(disk_format="vmdk", container_format=container)["id"]
            self.refused(400, image_id, DATA, left=len(self.api.store.names()))


class Pieces:
    """A body that arrives in pieces, and may break off."""

    def __init__(self, data: bytes, size: int, failure: Exception | None = None, between: Any = None) -> None:
        self._pieces = [data[start:start + size] for start in range(0, len(data), size)]
        self._failure = failure
        self._between = between

    def read(self, size: int) -> bytes:
        """Return the next piece."""
        if self._failure and len(self._pieces) == 1:
            raise self._failure
        if self._between and len(self._pieces) == 1:
            self._between()
        return self._pieces.pop(0) if self._pieces else b""


def made_by_qemu(driver: str, *options: str, size: str = "4M") -> bytes:
    """Return an image, of 4 MiB unless told otherwise, as qemu-img makes it."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "image")
        subprocess.run(["qemu-img", "create", "-q", "-f", driver, *options, path, size], check=True)
        with open(path, "rb") as file:
            return file.read()


class Changes(ImageApiCase):
    """PATCH and tags."""

    def test_both_forms_of_patch(self) -> None:
        image_id = self.api.create(colour="red")["id"]
        answer = self.expect(200, self.api.patch(
            image_id, {"op": "replace", "path": "/name", "value": "new"}, {"op": "add", "path": "/size_a~1b", "value": "1"},
            {"op": "remove", "path": "/colour"}, {"op": "replace", "path": "/tags", "value": ["x"]}))
        self.assertEqual(("new", "1", ["x"], False), (
            answer.json["name"], answer.json["size_a/b"], answer.json["tags"], "colour" in answer.json))
        answer = self.expect(200, self.api.patch(image_id, {"replace": "/name", "value": "old"}, {"add": "/k", "value": "v"},
                                                 kind=OLD_PATCH_TYPE))
        self.assertEqual(("old", "v"), (answer.json["name"], answer.json["k"]))
        self.assertEqual(answer.json, self.api.show(image_id))

    def test_refused_patches_change_nothing(self) -> None:
        image_id = self.api.create(name="same")["id"]
        before = self.api.show(image_id)
        first = {"op": "replace", "path": "/name", "value": "other"}
        for status, operation in (
                (403, {"op": "replace", "path": "/status", "value": "active"}),
                (403, {"op": "replace", "path": "/id", "value": "x"}), (403, {"op": "remove", "path": "/name"}),
                (403, {"op": "add", "path": "/os_glance_x", "value": "1"}),
                (403, {"op": "replace", "path": "/visibility", "value": "public"}),
                (403, {"op": "replace", "path": "/owner", "value": "other"}),
                (409, {"op": "replace", "path": "/absent", "value": "1"}), (409, {"op": "remove", "path": "/absent"}),
                (400, {"op": "move", "path": "/name", "from": "/id"}), (400, {"op": "add", "path": "name", "value": "x"}),
                (400, {"op": "add", "path": "/a/b", "value": "x"}), (400, {"op": "add", "path": "/a"}),
                (400, {"op": "add", "path": "/a", "value": 1}), (400, {"op": "add", "path": 3, "value": "x"}),
                (400, {"op": "replace", "path": "/min_disk", "value": "1"}), (400, "add"), (400, [])):
            self.expect(status, self.api.patch(image_id, first, operation))
        self.expect(415, self.api.patch(image_id, first, kind="application/json"))
        self.expect(400, self.api.send("PATCH", f"/v2/images/{image_id}", {"op": "add"},
                                       kind="application/openstack-images-v2.1-json-patch"))
        self.assertEqual(before, self.api.show(image_id))

    def test_formats_are_fixed_once_there_is_data(self) -> None:
        image_id = self.api.create()["id"]
        change = {"op": "replace", "path": "/disk_format", "value": "iso"}
        self.expect(200, self.api.patch(image_id, change))
        self.expect(200, self.api.patch(image_id, dict(change, value="raw")))
        self.api.upload(image_id, DATA)
        self.expect(403, self.api.patch(image_id, change))

    def test_tags(self) -> None:
        image_id = self.api.create()["id"]
        for tag in ("one", "one", "zwei%20drei"):
            self.expect(204, self.api.send("PUT", f"/v2/images/{image_id}/tags/{tag}"))
        self.assertEqual(["one", "zwei drei"], self.api.show(image_id)["tags"])
        self.expect(204, self.api.send("DELETE", f"/v2/images/{image_id}/tags/one"))
        self.expect(404, self.api.send("DELETE", f"/v2/images/{image_id}/tags/one"))
        self.expect(400, self.api.send("PUT", f"/v2/images/{image_id}/tags/{'x' * 256}"))
        self.expect(404, self.api.send("PUT", f"/v2/images/{self.api.ids.new_id()}/tags/one"))


class ProtectedProperties(ImageApiCase):
    """Properties that rules protect."""

    def setUp(self) -> None:
        super().setUp()
        file = os.path.join(self.api.directory, "protections.conf")
        with open(file, "w", encoding="ascii") as rules:
            for pattern, who in (("^vendor_", "admin"), ("^secret_", "")):
                rules.write(f"[{pattern}]\ncreate = admin\nread = {who and '@' or 'admin'}\nupdate = admin\ndelete = !\n")
            rules.write("[.*]\ncreate = @\nread = @\nupdate = @\ndelete = @\n")
        self.api.conf.set_override("property_protection_file", file, "image")

    def test_what_is_protected_is_left_as_it_is(self) -> None:
        self.expect(403, self.api.send("POST", "/v2/images", {"vendor_x": "1"}))
        self.assertEqual("red", self.api.create(colour="red")["colour"])
        image = self.api.create(ADMIN, owner="demo", vendor_x="1", secret_y="2", name="lent")
        self.assertEqual(("1", "2"), (image["vendor_x"], image["secret_y"]))
        shown = self.api.show(image["id"])
        self.assertEqual(("1", False), (shown["vendor_x"], "secret_y" in shown))
        for change in ({"op": "replace", "path": "/vendor_x", "value": "3"}, {"op": "remove", "path": "/vendor_x"},
                       {"op": "add", "path": "/vendor_z", "value": "3"}, {"op": "add", "path": "/secret_y", "value": "3"}):
            self.expect(403, self.api.patch(image["id"], change))
        changed = self.expect(200, self.api.patch(image["id"], {"op": "add", "path": "/colour", "value": "blue"})).json
        self.assertEqual(("blue", "1", False), (changed["colour"], changed["vendor_x"], "secret_y" in changed))
        self.expect(403, self.api.patch(image["id"], {"op": "remove", "path": "/vendor_x"}, token=ADMIN))
        self.expect(200, self.api.patch(image["id"], {"op": "replace", "path": "/secret_y", "value": "3"}, token=ADMIN))

    def test_a_list_tells_nothing_of_what_is_hidden(self) -> None:
        self.api.create(ADMIN, owner="demo", secret_y="2", vendor_x="1", name="lent")
        listed = self.api.send("GET", "/v2/images").json["images"][0]
        self.assertEqual((False, "1"), ("secret_y" in listed, listed["vendor_x"]))
        self.assertEqual(([], ["lent"], ["lent"]), (
            self.api.names("secret_y=2"), self.api.names("vendor_x=1"), self.api.names("secret_y=2", token=ADMIN)))


class BadBodies(ImageApiCase):
    """Bodies that no image can be made of."""

    def test_each_is_refused(self) -> None:
        for status, body in (
                (400, {"name": 1}), (400, {"name": "x" * 256}), (400, {"disk_format": "floppy"}),
                (400, {"container_format": 7}), (400, {"disk_format": ["raw"]}), (400, {"visibility": None}),
                (400, {"min_disk": -1}), (400, {"min_ram": 2**31}), (400, {"min_ram": True}), (400, {"protected": "yes"}),
                (400, {"tags": "x"}), (400, {"tags": [1]}), (400, {"tags": ["x" * 256]}), (400, {"id": "x"}),
                (400, {"id": 3}), (400, {"colour": 1}), (400, {"colour": None}), (400, {"colour": {"a": "b"}}),
                (400, {"": "x"}), (400, {"k" * 256: "x"}), (400, {"a\x00b": "x"}), (400, {"name": "a\x00"}),
                (400, []), (400, "text"), (400, b"{"),
                (400, b'{"name": "\xff"}'), (400, b'{"name": "\\ud800"}'),
                (403, {"status": "active"}), (403, {"checksum": "x"}), (403, {"size": 1}), (403, {"self": "x"}),
                (403, {"locations": []}), (403, {"os_glance_importing": "x"}), (403, {"visibility": "public"}),
                (403, {"owner": "other"}), (413, {f"p{n}": "x" for n in range(129)}),
                (413, {"tags": [str(n) for n in range(129)]}), (413, {"name": "x" * 200000})):
            self.expect(status, self.api.send("POST", "/v2/images", body))
        self.assertEqual([], self.api.names("visibility=all"))

    def test_bad_ids_and_queries(self) -> None:
        for path in ("x", "%00", "%ff", "a" * 300, "..", "%F0%9F%92%A9"):
            self.assertIn(self.api.send("GET", f"/v2/images/{path}").status_int, (400, 404))
        for query in ("limit=-1", "limit=x", "sort_key=secret", "sort_dir=up&sort_key=name", "sort=name:up",
                      "sort=name&sort_key=name", "marker=absent", "visibility=some", "member_status=x", "size_min=x",
                      "size_min=99999999999999999999", "protected=maybe", "os_hidden=x", "created_at=gt:yesterday",
                      'name=in:"a', "min_disk=-1"):
            self.expect(400, self.api.send("GET", f"/v2/images?{query}"))


class Sight(ImageApiCase):
    """Who sees what."""

    def test_images_of_other_projects(self) -> None:
        for visibility in ("private", "shared"):
            image_id = self.api.create(visibility=visibility)["id"]
            for method, path, body in (("GET", "", None), ("DELETE", "", None), ("GET", "/file", None),
                                       ("PUT", "/tags/x", None), ("POST", "/actions/deactivate", None),
                                       ("GET", "/members", None)):
                self.expect(404, self.api.send(method, f"/v2/images/{image_id}{path}", body, token=OTHER))
            self.expect(404, self.api.upload(image_id, DATA, token=OTHER))
            self.expect(404, self.api.patch(image_id, token=OTHER))
            self.assertEqual([], self.api.names("visibility=all", token=OTHER))

    def test_public_and_community_images_may_be_used_not_changed(self) -> None:
        public = self.api.create(ADMIN, visibility="public", name="public")["id"]
        community = self.api.create(ADMIN, visibility="community", name="community")["id"]
        for image_id in (public, community):
            self.assertEqual(image_id, self.api.show(image_id)["id"])
            self.expect(403, self.api.send("DELETE", f"/v2/images/{image_id}"))
            self.expect(403, self.api.patch(image_id, {"op": "replace", "path": "/name", "value": "mine"}))
            self.expect(403, self.api.upload(image_id, DATA))
        self.assertEqual(["public"], self.api.names())
        self.assertEqual(["community"], self.api.names("visibility=community"))
        self.assertEqual(["community", "public"], sorted(self.api.names("visibility=all")))

    def test_a_reader_reads(self) -> None:
        image_id = self.api.create()["id"]
        self.expect(200, self.api.send("GET", f"/v2/images/{image_id}", token=READER))
        for method, path in (("DELETE", f"/v2/images/{image_id}"), ("PUT", f"/v2/images/{image_id}/tags/x")):
            self.expect(403, self.api.send(method, path, token=READER))
        self.expect(403, self.api.send("POST", "/v2/images", {}, token=READER))
        self.expect(401, self.api.send("GET", "/v2/images", token="nonsense"))

    def test_members(self) -> None:
        image_id = self.api.create(name="lent")["id"]
        path = f"/v2/images/{image_id}/members"
        member = self.expect(200, self.api.send("POST", path, {"member": "other"})).json
        self.assertEqual(("other", "pending"), (member["member_id"], member["status"]))
        self.expect(409, self.api.send("POST", path, {"member": "other"}))
        self.expect(400, self.api.send("POST", path, {"member": 5}))
        self.expect(403, self.api.send("PUT", f"{path}/other", {"status": "accepted"}))
        self.assertEqual([], self.api.names(token=OTHER))
        self.assertEqual(["lent"], self.api.names("visibility=shared&member_status=pending", token=OTHER))
        self.expect(400, self.api.send("PUT", f"{path}/other", {"status": "maybe"}, token=OTHER))
        self.expect(200, self.api.send("PUT", f"{path}/other", {"status": "accepted"}, token=OTHER))
        self.assertEqual(["lent"], self.api.names(token=OTHER))
        self.expect(403, self.api.send("DELETE", f"{path}/other", token=OTHER))
        self.expect(404, self.api.send("GET", f"{path}/other", token="third:member"))
        self.expect(204, self.api.send("DELETE", f"{path}/other"))
        self.expect(404, self.api.send("GET", f"/v2/images/{image_id}", token=OTHER))
        private = self.api.create(visibility="private")["id"]
        self.expect(403, self.api.send("POST", f"/v2/images/{private}/members", {"member": "other"}))


class Lists(ImageApiCase):
    """Filters, order and pages."""

    def setUp(self) -> None:
        super().setUp()
        for name, more in (("a", {"colour": "red", "tags": ["x", "y"]}), ("b", {"min_ram": 64, "tags": ["x"]}),
                           ("c", {"protected": True}), ("d", {"os_hidden": True}), ("e,f", {"disk_format": "iso"})):
            image_id = self.api.create(name=name, **more)["id"]
            if name == "a":
                self.api.upload(image_id, DATA)

    def test_filters(self) -> None:
        for query, expected in (
                ("", ["a", "b", "c", "e,f"]), ("name=a", ["a"]), ("status=active", ["a"]), ("colour=red", ["a"]),
                ("colour=blue", []), ("tag=x", ["a", "b"]), ("tag=x&tag=y", ["a"]), ("protected=True", ["c"]),
                ("os_hidden=true", ["d"]), ("disk_format=iso", ["e,f"]), ("disk_format=in:iso,qcow2", ["e,f"]),
                ('name=in:a,"e,f"', ["a", "e,f"]), ("size_min=3000", ["a"]), ("size_max=2999", []), ("min_ram=64", ["b"]),
                ("owner=demo", ["a", "b", "c", "e,f"]), ("owner=other", []), ("visibility=private", []),
                ("created_at=gt:2000-01-01T00:00:00Z", ["a", "b", "c", "e,f"]),
                ("created_at=lt:2000-01-01T00:00:00Z", []), ("status=nonsense", [])):
            self.assertEqual(expected, sorted(self.api.names(query)), query)

    def test_pages_hold_everything_once(self) -> None:
        for order in ("sort=name:asc", "sort_key=size&sort_dir=desc", "sort=disk_format:desc,name:asc", ""):
            whole, seen = self.api.names(order), []
            path = f"/v2/images?limit=1&{order}"
            while path:
                page = self.api.send("GET", path).json
                self.assertEqual("/v2/schemas/images", page["schema"])
                seen += [image["name"] for image in page["images"]]
                path = page.get("next")
            self.assertEqual(whole, seen, order)
        self.assertEqual(["e,f", "c", "b", "a"], self.api.names("sort_key=name"))

    def test_pages_hold_everything_once_while_images_come_and_go(self) -> None:
        for order in ("sort=name:asc", "sort=min_ram:desc,name:asc", "sort_key=created_at&sort_dir=desc", "sort=size:asc,id:desc"):
            before, seen, path = self.api.names(order), [], f"/v2/images?limit=1&{order}"
            made: list[str] = []
            while path:
                page = self.api.send("GET", path).json
                seen += [image["name"] for image in page["images"]]
                path = page.get("next")
                for name, ram in (("0", 128), ("z", 0)) if len(made) < 8 else ():
                    made.append(self.api.create(name=f"{name}-{len(made)}", min_ram=ram)["id"])
            self.assertEqual(before, [name for name in seen if name in before], order)
            self.assertEqual(len(seen), len(set(seen)), order)
            for image_id in made:
                self.api.send("DELETE", f"/v2/images/{image_id}")

    def test_an_order_by_name_and_pages_of_nothing(self) -> None:
        self.assertEqual([], self.api.names("limit=0"))
        self.assertNotIn("next", self.api.send("GET", "/v2/images?limit=4").json)


class Documents(ImageApiCase):
    """Versions and schemas."""

    def test_versions_need_no_token(self) -> None:
        for path, status in (("/", 300), ("/versions", 200), ("/v2/", 300)):
            answer = webob.Request.blank(path).get_response(self.api.application)
            self.assertEqual(status, answer.status_int)
            first = answer.json["versions"][0]
            self.assertEqual("CURRENT", first["status"])
            self.assertTrue(first["links"][0]["href"].endswith("/v2/"))

    def test_schemas(self) -> None:
        for name in ("image", "images", "member", "members"):
            self.assertEqual(name, self.expect(200, self.api.send("GET", f"/v2/schemas/{name}")).json["name"])
        self.expect(404, self.api.send("GET", "/v2/schemas/servers"))
