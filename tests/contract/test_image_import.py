"""Importing images by the standard clients: staged, from the web, and from store to store."""

import hashlib
import http.server
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.contract.client import ContractCase

DATA = secrets.token_bytes(5000)
FORMATS = ("--disk-format", "raw", "--container-format", "bare")
PATIENCE_S = 30


class Web(http.server.BaseHTTPRequestHandler):
    """A web server that has one image."""

    def do_GET(self) -> None:
        """Answer with the image."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(DATA)

    do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class ImportTest(ContractCase):
    """A cloud with two stores, and a web server that it may read."""

    def setUp(self) -> None:
        self.file = self.cloud.home / self.name("data")
        self.file.write_bytes(DATA)
        self.addCleanup(self.file.unlink)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.cloud.web_port), Web)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        for end in (thread.join, server.server_close, server.shutdown):
            self.addCleanup(end)
        self.url = f"http://127.0.0.1:{self.cloud.web_port}/image"

    def queued(self) -> str:
        """Make an image that waits for its data and return its id."""
        made = dict(self.client.glance("image-create", *FORMATS, "--name", self.name("import")))
        self.addCleanup(self.client.do, "image delete", made["id"])
        return made["id"]

    def becomes(self, image: str, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """Wait until an image is as wanted, and return it."""
        until = time.monotonic() + PATIENCE_S
        while True:
            shown = dict(self.client.glance("image-show", image))
            if wanted(shown):
                return shown
            self.assertLess(time.monotonic(), until, shown)
            time.sleep(0.2)

    def is_active(self, shown: dict[str, str]) -> bool:
        """Say whether an image has its data."""
        return shown["status"] == "active" and not shown.get("os_glance_importing_to_stores")

    def test_what_there_is(self) -> None:
        methods = str(self.client.show("image import info"))
        for each in ("glance-direct", "web-download", "copy-image", "glance-download"):
            self.assertIn(each, methods)
        self.assertEqual({"file", "fast", "web"}, set(self.client.names("image stores list", column="ID")))
        self.client.glance("import-info")
        self.assertIn("fast", str(self.client.glance("stores-info")))
        self.assertIn("fast", str(self.client.glance("stores-info", "--detail")))

    def test_staged(self) -> None:
        image = self.queued()
        self.client.do("image stage", "--file", str(self.file), image)
        self.assertEqual("uploading", dict(self.client.glance("image-show", image))["status"])
        self.client.show("image import", image, "--method", "glance-direct", "--store", "fast")
        self.assertEqual(("5000", "fast"), tuple(self.becomes(image, self.is_active)[name] for name in ("size", "stores")))
        tasks = self.client.glance("image-tasks", image)
        self.assertEqual(1, len(tasks))
        self.assertIn("success", tasks[0])

    def test_staged_by_glance(self) -> None:
        image = self.queued()
        self.client.glance("image-stage", "--file", str(self.file), image)
        self.client.glance("image-import", "--import-method", "glance-direct", "--all-stores", "true", image)
        self.assertEqual({"fast", "file"}, set(self.becomes(image, self.is_active)["stores"].split(",")))
        self.client.glance("stores-delete", "--store", "fast", image)
        self.assertEqual("file", dict(self.client.glance("image-show", image))["stores"])

    def test_from_the_web_and_to_another_store(self) -> None:
        image = self.queued()
        self.client.show("image import", "--method", "web-download", "--uri", self.url, image)
        self.assertEqual("5000", self.becomes(image, self.is_active)["size"])
        saved = self.cloud.home / self.name("saved")
        self.addCleanup(saved.unlink, missing_ok=True)
        self.client.do("image save", "--file", str(saved), image)
        self.assertEqual(DATA, saved.read_bytes())
        self.client.show("image import", image, "--method", "copy-image", "--store", "fast")
        self.becomes(image, lambda shown: set(shown["stores"].split(",")) == {"fast", "file"})
        task = self.client.names("image task list", column="ID")[0]
        self.assertEqual("success", self.client.show("image task show", task)["status"])
        self.assertEqual("success", dict(self.client.glance("task-show", task))["status"])
        self.assertIn(task, [row[0] for row in self.client.glance("task-list")])

    def test_from_another_region(self) -> None:
        """The cloud's own region, as if it were another's: what differs is only who answers."""
        source = dict(self.client.glance("image-create", *FORMATS, "--name", self.name("source"), "--property", "hw_disk_bus=scsi",
                                         "--file", str(self.file)))["id"]
        self.addCleanup(self.client.do, "image delete", source)
        where = ("--remote-region", "RegionOne", "--remote-service-interface", "public")
        image = self.queued()
        self.client.show("image import", "--method", "glance-download", *where, "--remote-image", source, image)
        shown = self.becomes(image, self.is_active)
        self.assertEqual(("5000", "scsi"), (shown["size"], shown["hw_disk_bus"]))
        image = self.queued()
        self.client.glance("image-import", "--import-method", "glance-download", *where, "--remote-image-id", source, image)
        self.assertEqual(hashlib.md5(DATA).hexdigest(), self.becomes(image, self.is_active)["checksum"])
        self.assertIn("does not look like a UUID", self.client.glance_refused(
            "image-import", "--import-method", "glance-download", *where, "--remote-image-id", "foo", self.queued()))

    def test_data_that_stays_where_it_is(self) -> None:
        image, said = self.queued(), {"os_hash_algo": "sha256", "os_hash_value": hashlib.sha256(DATA).hexdigest()}
        self.client.glance_call("add_image_location", image, self.url, said)
        shown = self.becomes(image, self.is_active)
        self.assertEqual(("web", *said.values()), (shown["stores"], shown["os_hash_algo"], shown["os_hash_value"]))
        self.assertEqual([{"url": self.url, "metadata": {}}], self.client.glance_call("get_image_locations", image))
        saved = self.cloud.home / self.name("saved")
        self.addCleanup(saved.unlink, missing_ok=True)
        self.client.glance("image-download", "--file", str(saved), image)
        self.assertEqual(DATA, saved.read_bytes())

    def test_all_at_once(self) -> None:
        made = dict(self.client.glance("image-create-via-import", *FORMATS, "--import-method", "web-download", "--uri", self.url,
                                       "--name", self.name("import")))
        self.addCleanup(self.client.do, "image delete", made["id"])
        self.assertEqual("5000", self.becomes(made["id"], self.is_active)["size"])
        made = self.client.show("image create", *FORMATS, "--file", str(self.file), "--import", self.name("import"))
        self.addCleanup(self.client.do, "image delete", made["id"])
        self.becomes(made["id"], self.is_active)

    def test_what_must_not_be_read(self) -> None:
        image = self.queued()
        for uri in ("http://169.254.169.254/", "http://localhost/", "file:///etc/passwd", "http://127.0.0.1:1/"):
            # The other client does not look at the answer.
            self.client.glance_refused("image-import", "--import-method", "web-download", "--uri", uri, image)
        self.assertEqual("queued", dict(self.client.glance("image-show", image))["status"])
