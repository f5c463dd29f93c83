"""Importing images: every method, what is made of the data on the way, and what goes wrong."""

import contextlib
import gzip
import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
import time
import unittest
from collections.abc import Iterator
from typing import Any

from cumulo.common import errors
from cumulo.image.stages import Stager
from tests.fixtures.web_server import WebServer, cut_short, redirect
from tests.fixtures.whole_cloud import WholeCloud

I = "/image/v2"  # noqa: E741
BINARY = {"Content-Type": "application/octet-stream"}
TIMEOUT_S = 20.0
OVF = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
 <References><File ovf:id="f1" ovf:href="disk.vmdk"/></References>
 <DiskSection><Disk ovf:diskId="d1" ovf:fileRef="f1" ovf:capacity="1"/></DiskSection>
</Envelope>"""

_CLOUDS: dict[str, tuple[WebServer, WholeCloud]] = {}


def disk(form: str, *more: str) -> bytes:
    """Return a small disk image."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "disk")
        subprocess.run(["qemu-img", "create", "-q", "-f", form, *more, path, "1M"], check=True)
        with open(path, "rb") as file:
            return file.read()


class ImportTest(unittest.TestCase):
    """A cloud with two stores, and a web server it may reach; a third store reads what is allowed there.

    The classes of a module share one for the same options: starting it takes longer than most tests.
    """

    options: tuple[tuple[str | None, str, Any], ...] = ()
    web: WebServer
    cloud: WholeCloud

    @classmethod
    def setUpClass(cls) -> None:
        if str(cls.options) not in _CLOUDS:
            web = WebServer()
            unittest.addModuleCleanup(web.close)
            cloud = WholeCloud(
                ("image", "enabled_stores", ["file:file", "fast:file", "web:http"]),
                ("image_store_web", "allowed_urls", [f"{web.url}/allowed"]), ("image", "web_ports", [web.port, 80]),
                ("image", "web_allowed_networks", ["127.0.0.1/32"]), *cls.options)
            unittest.addModuleCleanup(cloud.close)
            unittest.addModuleCleanup(_CLOUDS.clear)
            _CLOUDS[str(cls.options)] = web, cloud
        cls.web, cls.cloud = _CLOUDS[str(cls.options)]

    def make(self, **more: Any) -> str:
        """Make an image that waits for its data; return its id."""
        made = self.cloud.post(f"{I}/images", {"name": "one", "disk_format": "raw", "container_format": "bare", **more})
        self.assertEqual(201, made.status_int, made.text)
        return str(made.json["id"])

    def stage(self, data: bytes, **more: Any) -> str:
        """Make an image and stage its data."""
        image_id = self.make(**more)
        self.assertEqual(204, self.cloud.put(f"{I}/images/{image_id}/stage", data, headers=BINARY).status_int)
        self.assertEqual("uploading", self.show(image_id)["status"])
        return image_id

    def ask(self, image_id: str, method: str = "glance-direct", uri: str = "", status: int = 202, **more: Any) -> Any:
        """Ask for an import."""
        body = {"method": {"name": method} | ({"uri": uri} if uri else {}), **more}
        answer = self.cloud.post(f"{I}/images/{image_id}/import", body)
        self.assertEqual(status, answer.status_int, answer.text)
        return answer

    def show(self, image_id: str) -> dict[str, Any]:
        """Return an image."""
        return dict(self.cloud.get(f"{I}/images/{image_id}").json)

    def tasks(self, image_id: str) -> list[dict[str, Any]]:
        """Return the tasks of an image."""
        return list(self.cloud.get(f"{I}/images/{image_id}/tasks").json["tasks"])

    def ended(self, image_id: str, status: str) -> dict[str, Any]:
        """Wait until the tasks of an image have ended, and expect the newest one's status; return the image."""
        until = time.monotonic() + TIMEOUT_S
        while any(each["status"] in ("pending", "processing") for each in self.tasks(image_id)):
            self.assertLess(time.monotonic(), until, self.tasks(image_id))
            time.sleep(0.02)
        self.assertEqual(status, self.tasks(image_id)[0]["status"], self.tasks(image_id)[0])
        return self.show(image_id)

    def data(self, image_id: str) -> bytes:
        """Return the data of an image."""
        return self.cloud.get(f"{I}/images/{image_id}/file").body

    def imported(self, data: bytes, **more: Any) -> dict[str, Any]:
        """Import data and return the image."""
        image_id = self.stage(data, **more)
        self.ask(image_id)
        return self.ended(image_id, "success")

    def assert_nothing_left(self) -> None:
        """Whatever is on disk belongs to an image."""
        self.cloud.images.sweeper.run_once()
        self.assertEqual([], self.cloud.settled_differences())

    @contextlib.contextmanager
    def held(self, path: str = "/held") -> Iterator[tuple[str, Any]]:
        """An image, and a download for it that waits."""
        release = self.cloud.runtime.threads.event()

        def slowly(handler: Any) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "8")
            handler.end_headers()
            handler.wfile.write(b"half")
            release.wait(TIMEOUT_S)
            handler.wfile.write(b"half")

        self.web.bodies[path] = slowly
        try:
            yield self.make(), release
        finally:
            release.set()

    def until_idle(self) -> None:
        """Wait until no operation is under way."""
        until = time.monotonic() + TIMEOUT_S
        while any(each.active_key for each in self.cloud.gather().facts.database.operations):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)



class MethodsTest(ImportTest):
    """The three ways to import."""

    def test_discovery_names_methods_and_stores(self) -> None:
        found = self.cloud.get(f"{I}/info/import").json["import-methods"]
        self.assertEqual(["glance-direct", "web-download", "copy-image"], found["value"])
        self.assertEqual([{"id": "file", "default": "true"}, {"id": "fast"}, {"id": "web", "read-only": "true"}],
                         self.cloud.get(f"{I}/info/stores").json["stores"])
        self.assertEqual("file", self.cloud.get(f"{I}/info/stores/detail").json["stores"][0]["type"])
        made = self.cloud.post(f"{I}/images", {"name": "told"})
        self.assertEqual("glance-direct,web-download,copy-image", made.headers["OpenStack-image-import-methods"])
        self.assertEqual("file,fast,web", made.headers["OpenStack-image-store-ids"])

    def test_staged_data_becomes_an_image(self) -> None:
        data = os.urandom(3_000_000)
        image_id = self.stage(data)
        answer = self.ask(image_id)
        image = self.ended(image_id, "success")
        self.assertEqual(("active", len(data), "file"), (image["status"], image["size"], image["stores"]))
        self.assertEqual((hashlib.md5(data).hexdigest(), hashlib.sha512(data).hexdigest()),
                         (image["checksum"], image["os_hash_value"]))
        self.assertEqual(("", ""), (image["os_glance_importing_to_stores"], image["os_glance_failed_import"]))
        self.assertEqual(data, self.data(image_id))
        task, = self.tasks(image_id)
        self.assertEqual((answer.headers["X-Openstack-Request-Id"], "glance-direct", 100),
                         (task["request_id"], task["input"]["import_req"]["method"]["name"], task["percent"]))
        self.assert_nothing_left()

    def test_data_is_downloaded_from_the_web_into_every_store(self) -> None:
        data = os.urandom(100_000)
        self.web.bodies |= {"/image": data, "/moved": redirect("/image")}
        image_id = self.make()
        self.ask(image_id, "web-download", f"{self.web.url}/moved", all_stores=True)
        image = self.ended(image_id, "success")
        self.assertEqual(("active", "fast,file"), (image["status"], image["stores"]))
        self.assertEqual(data, self.data(image_id))
        self.assert_nothing_left()

    def test_an_image_is_copied_to_a_store_and_removed_from_one(self) -> None:
        data = os.urandom(100_000)
        image_id = self.make()
        self.cloud.put(f"{I}/images/{image_id}/file", data, headers=BINARY)
        self.ask(image_id, "copy-image", stores=["fast"])
        self.assertEqual("file,fast", self.ended(image_id, "success")["stores"])
        self.ask(image_id, "copy-image", stores=["fast"], status=409)
        self.ask(image_id, "copy-image", all_stores=True, status=409)
        self.assertEqual(204, self.cloud.delete(f"{I}/stores/file/{image_id}").status_int)
        self.assertEqual(404, self.cloud.delete(f"{I}/stores/file/{image_id}").status_int)
        self.assertEqual(403, self.cloud.delete(f"{I}/stores/fast/{image_id}").status_int)
        self.assertEqual(("fast", data), (self.show(image_id)["stores"], self.data(image_id)))
        self.assert_nothing_left()

    def test_a_task_makes_an_image(self) -> None:
        self.web.bodies["/task"] = b"data" * 1000
        body = {"type": "import", "input": {
            "import_from": f"{self.web.url}/task", "import_from_format": "raw",
            "image_properties": {"name": "made", "disk_format": "raw", "container_format": "bare"}}}
        made = self.cloud.post(f"{I}/tasks", body)
        self.assertEqual((201, "import"), (made.status_int, made.json["type"]), made.text)
        self.ended(made.json["image_id"], "success")
        task = self.cloud.get(f"{I}/tasks/{made.json['id']}").json
        self.assertEqual(("success", body["input"]), (task["status"], task["input"]))
        self.assertEqual("made", self.show(task["result"]["image_id"])["name"])
        found = self.cloud.get(f"{I}/tasks?type=import&status=success").json["tasks"]
        self.assertEqual([task["id"]], [each["id"] for each in found])
        self.assertEqual([], self.cloud.get(f"{I}/tasks?type=import&status=failure").json["tasks"])
        self.ended(self.imported(b"another")["id"], "success")
        for order in ("", "&sort_key=type&sort_dir=asc", "&sort_key=status&sort_key=id&sort_dir=desc"):
            page, seen = self.cloud.get(f"{I}/tasks?limit=1{order}").json, list[str]()
            while page["tasks"]:
                seen += [each["id"] for each in page["tasks"]]
                page = self.cloud.get(f"/image{page['next']}").json if "next" in page else {"tasks": []}
            self.assertEqual(len(seen), len(set(seen)))
            self.assertEqual(set(seen), {each["id"] for each in self.cloud.get(f"{I}/tasks?limit=1000").json["tasks"]})
        self.assertEqual(404, self.cloud.get(f"{I}/tasks/{made.json['image_id']}").status_int)
        reader = self.cloud.make_user("reader-of-tasks")
        self.assertEqual(403, self.cloud.get(f"{I}/tasks", token=reader).status_int)

    def test_a_method_needs_its_state(self) -> None:
        queued = self.make()
        self.ask(queued, status=409)
        self.ask(queued, "copy-image", stores=["fast"], status=409)
        self.ask(queued, "web-download", status=400)
        self.ask(queued, "glance-direct", f"{self.web.url}/x", status=400)
        self.ask(self.make(disk_format=None), "web-download", f"{self.web.url}/x", status=400)
        staged = self.stage(b"data")
        self.ask(staged, stores=["nowhere"], status=400)
        self.ask(staged, stores=["file"], all_stores=True, status=400)
        self.assertEqual(409, self.cloud.put(f"{I}/images/{staged}/stage", b"more", headers=BINARY).status_int)
        self.assertEqual(409, self.cloud.put(f"{I}/images/{staged}/file", b"more", headers=BINARY).status_int)

    def test_strangers_import_nothing(self) -> None:
        staged, stranger = self.stage(b"data"), self.cloud.make_user("stranger")
        body = {"method": {"name": "glance-direct"}}
        self.assertEqual(404, self.cloud.post(f"{I}/images/{staged}/import", body, token=stranger).status_int)
        self.assertEqual(404, self.cloud.get(f"{I}/images/{staged}/tasks", token=stranger).status_int)
        copy = {"method": {"name": "copy-image"}}
        self.assertEqual(403, self.cloud.post(f"{I}/images/{staged}/import", copy, token=stranger).status_int)
        self.assertEqual(403, self.cloud.get(f"{I}/info/stores/detail", token=stranger).status_int)


class FailuresTest(ImportTest):
    """What comes to nothing leaves nothing."""

    def failed(self, image_id: str, store: str = "file") -> str:
        """Expect a failed import and return what its task says."""
        image = self.ended(image_id, "failure")
        self.assertEqual(("queued", store, ""), (
            image["status"], image["os_glance_failed_import"], image["os_glance_importing_to_stores"]))
        self.assert_nothing_left()
        return str(self.tasks(image_id)[0]["message"])

    def test_data_that_is_not_what_it_is_called_is_refused(self) -> None:
        image_id = self.stage(b"no disk at all", disk_format="qcow2")
        self.ask(image_id)
        self.assertIn("not qcow2", self.failed(image_id))
        # The same image may be tried again.
        self.cloud.put(f"{I}/images/{image_id}/stage", disk("qcow2"), headers=BINARY)
        self.ask(image_id)
        self.assertEqual("active", self.ended(image_id, "success")["status"])

    def test_a_download_that_ends_early_is_no_image(self) -> None:
        self.web.bodies["/cut"] = cut_short(b"x" * 1000, 2000)
        image_id = self.make()
        self.ask(image_id, "web-download", f"{self.web.url}/cut")
        self.assertIn("1000 of 2000", self.failed(image_id))

    def test_what_is_not_there_or_redirects_for_ever_is_no_image(self) -> None:
        self.web.bodies["/loop"] = redirect("/loop")
        for path, said in (("/missing", "404"), ("/loop", "redirects")):
            image_id = self.make()
            self.ask(image_id, "web-download", f"{self.web.url}{path}")
            self.assertIn(said, self.failed(image_id))

    def test_what_goes_beyond_a_quota_is_broken_off_or_given_back(self) -> None:
        self.web.bodies["/larger"] = b"x" * 1_500_000
        service = next(each["id"] for each in self.cloud.get("/identity/v3/services").json["services"] if each["type"] == "image")
        limits = self.cloud.post("/identity/v3/registered_limits", {"registered_limits": [
            {"service_id": service, "resource_name": "image_stage_total", "default_limit": 1}]}).json["registered_limits"]
        self.addCleanup(self.cloud.delete, f"/identity/v3/registered_limits/{limits[0]['id']}")
        self.ask(image_id := self.make(), "web-download", f"{self.web.url}/larger")
        self.assertIn("leave room for 1048576 bytes", self.failed(image_id))
        image_id = self.stage(gzip.compress(b"x" * 1_500_000))  # what it really is shows when it is stored
        limits = self.cloud.post("/identity/v3/registered_limits", {"registered_limits": [
            {"service_id": service, "resource_name": "image_size_total", "default_limit": 1}]}).json["registered_limits"]
        self.addCleanup(self.cloud.delete, f"/identity/v3/registered_limits/{limits[0]['id']}")
        for each in self.cloud.get(f"{I}/images").json["images"]:
            if each["status"] == "active":
                self.cloud.delete(f"{I}/images/{each['id']}")
        self.ask(image_id)
        self.assertIn("exceeded your quota for resource image_size_total", self.failed(image_id))

    def test_no_redirect_leads_into_the_cloud(self) -> None:
        for number, inside in enumerate(("http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/",
                                         "file:///etc/passwd", "http://127.0.0.1:22/", "http://localhost/")):
            self.web.bodies[f"/inside{number}"] = redirect(inside)
            image_id = self.make()
            self.ask(image_id, "web-download", f"{self.web.url}/inside{number}")
            self.assertIn("pass", self.failed(image_id) if inside[0] != "f" else f"pass {self.failed(image_id)}")

    def test_addresses_inside_are_refused_at_once(self) -> None:
        image_id = self.make()
        for uri in ("http://127.0.0.2/", "http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/",
                    "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://224.0.0.1/", "http://0.0.0.0/",
                    "http://localhost/", "ftp://example.org/", "http://example.org:8080/", "http://a:b@example.org/",
                    "http:///x", "nonsense", f"http://example.org/{'x' * 2048}"):
            self.ask(image_id, "web-download", uri, status=400)
        self.assertEqual("queued", self.show(image_id)["status"])

    def test_a_stage_that_ends_early_leaves_nothing(self) -> None:
        image_id, services = self.make(), self.cloud.services
        stager = Stager(services.database, services.image_staging, services.clock, services.ids, services.threads,
                        services.conf.host, 10_000)
        with self.assertRaisesRegex(errors.BadRequest, "ended after 4 of 4000 bytes"):
            stager.receive(image_id, io.BytesIO(b"data"), 4000)
        with self.assertRaises(errors.TooLarge):
            stager.receive(image_id, io.BytesIO(b"data" * 5000), None)
        self.assertEqual("queued", self.show(image_id)["status"])
        self.assert_nothing_left()

    def test_deletion_ends_an_import_under_way(self) -> None:
        with self.held() as (image_id, release):
            self.ask(image_id, "web-download", f"{self.web.url}/held")
            self.ask(image_id, "web-download", f"{self.web.url}/held", status=409)
            self.assertEqual(("importing", "file"), (
                self.show(image_id)["status"], self.show(image_id)["os_glance_importing_to_stores"]))
            self.assertEqual(204, self.cloud.delete(f"{I}/images/{image_id}").status_int)
            self.assertEqual(404, self.cloud.get(f"{I}/images/{image_id}").status_int)
            release.set()
        self.until_idle()
        self.assert_nothing_left()

    def test_deletion_takes_staged_data_along(self) -> None:
        image_id = self.stage(b"data" * 100)
        self.cloud.delete(f"{I}/images/{image_id}")
        self.assert_nothing_left()


class MakingTest(ImportTest):
    """What is made of the data before it is stored."""

    def test_compressed_data_is_unpacked(self) -> None:
        data = os.urandom(1000) * 2000
        image = self.imported(gzip.compress(data))
        self.assertEqual(data, self.data(image["id"]))
        kept = self.imported(gzip.compress(data), container_format="compressed")
        self.assertEqual(gzip.compress(data)[:4], self.data(kept["id"])[:4])
        self.assert_nothing_left()

    def test_the_disk_of_an_ova_becomes_the_image(self) -> None:
        vmdk = disk("vmdk", "-o", "subformat=streamOptimized")
        image = self.imported(ova({"one.ovf": OVF.encode(), "disk.vmdk": vmdk}), disk_format="vmdk", container_format="ova")
        self.assertEqual((vmdk, "bare", "vmdk", 1024 * 1024), (
            self.data(image["id"]), image["container_format"], image["disk_format"], image["virtual_size"]))

    def test_an_ova_names_no_file_outside(self) -> None:
        for files in ({"one.ovf": OVF.replace("disk.vmdk", "../../etc/passwd").encode(), "disk.vmdk": b""},
                      {"one.ovf": b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x/>"}, {"disk.vmdk": b""}):
            image_id = self.stage(ova(files), disk_format="vmdk", container_format="ova")
            self.ask(image_id)
            self.ended(image_id, "failure")
        self.assert_nothing_left()


class ConvertingTest(ImportTest):
    """The same where disks become raw."""

    options = (("image", "convert_to", "raw"),)

    def test_the_disk_of_an_ova_becomes_the_image(self) -> None:
        vmdk = disk("vmdk", "-o", "subformat=streamOptimized")
        image = self.imported(ova({"one.ovf": OVF.encode(), "disk.vmdk": vmdk}), disk_format="vmdk", container_format="ova")
        self.assertEqual(("raw", bytes(1024 * 1024)), (image["disk_format"], self.data(image["id"])))

    def test_disks_are_converted(self) -> None:
        for form in ("qcow2", "vdi", "vmdk"):
            image = self.imported(disk(form), disk_format=form)
            self.assertEqual(("raw", 1024 * 1024, 1024 * 1024),
                             (image["disk_format"], image["size"], image["virtual_size"]))
        self.assert_nothing_left()


def ova(files: dict[str, bytes]) -> bytes:
    """Return a tar file of these files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


if __name__ == "__main__":
    unittest.main()
