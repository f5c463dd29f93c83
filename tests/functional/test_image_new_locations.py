"""Images of data that stays on a web server, as the locations API makes them: read once by the image agent, and held to it."""

import hashlib
import os
import unittest
from typing import Any

from tests.fixtures.web_server import cut_short
from tests.functional.test_image_import import BINARY, ImportTest, I, disk


class LocationsTest(ImportTest):
    """What is added by POST, and what comes of it."""

    def serve(self, data: Any) -> str:
        """Serve data below what may be read; return its URL."""
        path = f"/allowed/{len(self.web.bodies)}"
        self.web.bodies[path] = data
        return f"{self.web.url}{path}"

    def add(self, status: int, image_id: str, url: str, said: Any = None, token: str | None = None) -> Any:
        """Ask for a location."""
        body = {"url": url} | ({} if said is None else {"validation_data": said})
        answer = self.cloud.post(f"{I}/images/{image_id}/locations", body, **({"token": token} if token else {}))
        self.assertEqual(status, answer.status_int, answer.text)
        return answer

    def test_data_is_read_and_stays_where_it_is(self) -> None:
        data, image_id = os.urandom(300_000), self.make()
        url = self.serve(data)
        answer = self.add(202, image_id, url, {})
        image = self.ended(image_id, "success")
        self.assertEqual(
            ("active", 300_000, "web", hashlib.md5(data).hexdigest(), "sha512", hashlib.sha512(data).hexdigest()),
            tuple(image[name] for name in ("status", "size", "stores", "checksum", "os_hash_algo", "os_hash_value")))
        self.assertEqual(data, self.data(image_id))
        task, = self.tasks(image_id)
        self.assertEqual((answer.headers["X-Openstack-Request-Id"], "location_import", url),
                         (task["request_id"], task["type"], task["input"]["loc_url"]))
        self.assertEqual([task["id"]], [each["id"] for each in self.cloud.get(
            f"{I}/tasks?type=location_import&limit=1").json["tasks"]])
        self.assertEqual([{"url": url, "metadata": {}}], self.cloud.get(f"{I}/images/{image_id}/locations").json)
        self.add(409, image_id, self.serve(data))
        self.assert_nothing_left()
        self.ask(image_id, "copy-image", stores=["fast"])
        self.assertEqual("fast,web", self.ended(image_id, "success")["stores"])

    def test_what_the_client_says_is_compared_by_its_own_algorithm(self) -> None:
        data = os.urandom(5000)
        for algorithm in ("sha256", "sha512"):
            said = {"os_hash_algo": algorithm, "os_hash_value": hashlib.new(algorithm, data).hexdigest()}
            image_id = self.make()
            self.add(202, image_id, self.serve(data), said)
            self.assertEqual(said, {name: value for name, value in self.ended(image_id, "success").items() if name in said})
            self.ask(image_id, "copy-image", stores=["fast"])  # the copy is held to it too
            self.ended(image_id, "success")
        self.add(202, image_id := self.make(), self.serve(data), said | {"os_hash_value": "beefdead" * 16})
        image = self.ended(image_id, "failure")
        self.assertEqual(("queued", None, None, "web", "web"), tuple(
            image[name] for name in ("status", "os_hash_algo", "checksum", "os_glance_failed_import", "stores")))
        self.assertEqual(204, self.cloud.get(f"{I}/images/{image_id}/file").status_int)
        self.assertEqual([], self.cloud.get(f"{I}/images/{image_id}/locations").json)
        self.assertEqual(204, self.cloud.put(f"{I}/images/{image_id}/file", b"mine", headers=BINARY).status_int)
        self.assertEqual(("file", b"mine"), (self.show(image_id)["stores"], self.data(image_id)))
        self.add(202, image_id := self.make(), self.serve(data), said | {"os_hash_value": "beefdead" * 16})
        self.ended(image_id, "failure")
        self.assertIn("sha512 differs", self.tasks(image_id)[0]["message"])
        self.add(202, image_id, self.serve(data), said)
        self.assertEqual("active", self.ended(image_id, "success")["status"])

    def test_bad_data_is_no_image(self) -> None:
        elsewhere = bytearray(disk("qcow2"))
        elsewhere[79] |= 4  # says that its data is in another file
        for served, form, said in ((cut_short(b"x" * 1000, 2000), "raw", "ended early"), (b"no disk", "qcow2", "not qcow2"),
                                   (bytes(elsewhere), "qcow2", "data file"),
                                   (None, "raw", "cannot be read")):
            image_id = self.make(disk_format=form)
            self.add(202, image_id, self.serve(served))
            self.assertEqual("queued", self.ended(image_id, "failure")["status"])
            self.assertIn(said, self.tasks(image_id)[0]["message"])
            self.assertEqual([], self.cloud.get(f"{I}/images/{image_id}/locations").json)
        self.assert_nothing_left()

    def test_what_is_refused_at_once(self) -> None:
        image_id, url = self.make(), self.serve(b"data")
        digest = hashlib.sha512(b"data").hexdigest()
        for said in ({"os_hash_algo": "sha512", "os_hash_value": "dbc9e0f8"}, {"os_hash_value": digest},
                     {"os_hash_algo": "sha123", "os_hash_value": digest}, {"os_hash_algo": "md5", "os_hash_value": "0" * 32},
                     {"os_hash_algo": "sha512", "os_hash_value": "0" * 64}, {"os_hash_algo": "sha512"}, "x"):
            self.add(400, image_id, url, said)
        for elsewhere in (f"{self.web.url}/other", "http://169.254.169.254/latest", "file:///etc/passwd", f"{url}/../../x", ""):
            self.add(400, image_id, elsewhere)
        self.add(400, self.make(disk_format=None), url)
        self.add(409, self.stage(b"data"), url)
        stranger = self.cloud.make_user("stranger-of-locations")
        self.add(404, image_id, url, token=stranger)
        self.assertEqual(403, self.cloud.get(f"{I}/images/{image_id}/locations", token=stranger).status_int)
        self.assertEqual("queued", self.show(image_id)["status"])

    def test_nobody_reads_it_where_that_is_switched_off(self) -> None:
        self.cloud.conf.set_override("hash_locations", False, "image")
        self.addCleanup(self.cloud.conf.clear_override, "hash_locations", "image")
        said = {"os_hash_algo": "sha256", "os_hash_value": "0" * 64}
        for wanted in ({}, said):
            image_id = self.make()
            self.add(202, image_id, self.serve(b"data"), wanted)
            image = self.ended(image_id, "success")
            self.assertEqual(("active", 4, None, wanted.get("os_hash_value")), tuple(
                image[name] for name in ("status", "size", "checksum", "os_hash_value")))

    def test_deletion_ends_it(self) -> None:
        with self.held("/allowed/held") as (image_id, release):
            self.add(202, image_id, f"{self.web.url}/allowed/held")
            self.add(409, image_id, f"{self.web.url}/allowed/held")
            self.assertEqual(204, self.cloud.delete(f"{I}/images/{image_id}").status_int)
            release.set()
        self.until_idle()
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
