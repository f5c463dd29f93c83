"""Importing images from another region: a second cloud, with the same people and keys, whose image API answers over HTTP."""

import hashlib
import http.server
import os
import types
import unittest
from typing import Any

import sqlalchemy as sa
import webob

from cumulo.common.db.tables import (
    identity,
    identity_cloud,
    identity_credential,
    identity_delegation,
    identity_oauth,
    operations,
)
from cumulo.common.db.tables.base import metadata
from tests.fixtures.api import Api
from tests.fixtures.web_server import Listener
from tests.functional.test_image_import import BINARY, I, ImportTest

PEOPLE: tuple[types.ModuleType, ...] = (identity, identity_cloud, identity_credential, identity_delegation, identity_oauth)
METHODS = ["glance-direct", "glance-download"]
DATA = os.urandom(400_000)


class SecondCloud(Listener):
    """Another region: an API of its own that knows the first one's people and takes their tokens, behind a socket."""

    def __init__(self, first: Api) -> None:
        self.api = Api()
        self.api.conf.set_override("fernet_key_dir", first.conf.identity.fernet_key_dir, "identity")
        self.api.services.tokens = type(self.api.services.tokens)(
            self.api.conf, self.api.database, self.api.runtime.clock, self.api.runtime.ids)  # type: ignore[call-arg]
        self.learn_people(first)
        self.cut: dict[str, int] = {}
        region = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                answer = webob.Request.blank(self.path, headers=dict(self.headers)).get_response(region.api.application)
                self.send_response(answer.status_int)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[:region.cut.get(self.path, len(answer.body))])

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        super().__init__(Handler)

    def learn_people(self, first: Api) -> None:
        """Have what the first cloud knows of people, as regions that share identity do."""
        theirs = [table for table in metadata.sorted_tables
                  if any(table is each for module in PEOPLE for each in vars(module).values())]
        with first.database.read() as source, self.api.database.write() as target:
            for table in reversed(theirs):
                target.execute(sa.delete(table))
            for table in theirs:
                rows = [dict(row) for row in source.execute(sa.select(table)).mappings()]
                if rows:
                    target.execute(sa.insert(table), rows)

    def close(self) -> None:
        """Stop."""
        super().close()
        self.api.close()


class RemoteTest(ImportTest):
    """A cloud whose catalog names the image service of a second region."""

    options = (("image", "import_methods", METHODS), ("image", "remote_hosts", ["127.0.0.1"]))
    region: SecondCloud

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.user = cls.cloud.make_user("traveller")
        cls.region = SecondCloud(cls.cloud)
        cls.addClassCleanup(cls.region.close)
        service = next(each["id"] for each in cls.cloud.get("/identity/v3/services").json["services"] if each["type"] == "image")
        cls.cloud.post("/identity/v3/regions", {"region": {"id": "far"}})
        for interface, url in (("public", f"{cls.region.url}/image"), ("admin", f"{cls.region.url}/image/v2/"),
                               ("internal", cls.region.url.replace("127.0.0.1", "localhost"))):
            cls.cloud.post("/identity/v3/endpoints", {"endpoint": {
                "service_id": service, "region_id": "far", "interface": interface, "url": url}})

    def far(self, data: bytes = DATA, token: str = "", **more: Any) -> str:
        """Make an image in the other region; return its id."""
        made = self.region.api.post(f"{I}/images", {"name": "far", "disk_format": "raw", "container_format": "bare", **more},
                                    token=token or self.user)
        self.assertEqual(201, made.status_int, made.text)
        if data:
            sent = self.region.api.put(f"{I}/images/{made.json['id']}/file", data, headers=BINARY, token=token or self.user)
            self.assertEqual(204, sent.status_int, sent.text)
        return str(made.json["id"])

    def fetch(self, remote_id: str, status: int = 202, *, image_id: str = "", region: str = "far", **more: str) -> str:
        """Ask for an import from the other region; return the id of the image that is made by it."""
        image_id = image_id or self.mine()
        method = {"name": "glance-download", "glance_image_id": remote_id, "glance_region": region, **more}
        answer = self.cloud.post(f"{I}/images/{image_id}/import", {"method": method}, token=self.user)
        self.assertEqual(status, answer.status_int, answer.text)
        return image_id

    def mine(self, **more: Any) -> str:
        """Make an image of the traveller that waits for its data."""
        return str(self.cloud.post(f"{I}/images", {
            "name": "near", "disk_format": "iso", "container_format": "ovf", **more}, token=self.user).json["id"])

    def assert_failed(self, image_id: str, said: str) -> None:
        """The import came to nothing, and left the image as it was."""
        image = self.ended(image_id, "failure")
        self.assertEqual(("queued", "iso"), (image["status"], image["disk_format"]))
        self.assertIn(said, self.tasks(image_id)[0]["message"])
        self.assert_no_token()
        self.assert_nothing_left()

    def assert_no_token(self) -> None:
        """No operation that has ended keeps a token."""
        with self.cloud.database.read() as connection:
            for state in connection.execute(sa.select(operations.operation.c.state)).scalars():
                self.assertFalse(state.get("sealed_token"))

    def test_data_formats_and_properties_come_along(self) -> None:
        remote = self.far(hw_cpu_cores="5", **{"trait:STORAGE_DISK_SSD": "required"}, os_distro="rhel", speed="88mph")
        for interface in ("public", "admin"):
            image_id = self.mine(hw_cpu_cores="1", os_distro="windows", colour="red")
            self.fetch(remote, image_id=image_id, glance_service_interface=interface)
            image = self.ended(image_id, "success")
            self.assertEqual(
                ("active", "raw", "bare", "5", "required", "rhel", "red", hashlib.sha512(DATA).hexdigest(), "near"),
                tuple(image[name] for name in ("status", "disk_format", "container_format", "hw_cpu_cores",
                                               "trait:STORAGE_DISK_SSD", "os_distro", "colour", "os_hash_value", "name")))
            self.assertNotIn("speed", image)
            self.assertEqual(DATA, self.data(image_id))
        self.assert_no_token()
        self.assert_nothing_left()

    def test_what_cannot_be_had_comes_to_nothing(self) -> None:
        self.assert_failed(self.fetch(self.far(), region="nowhere"), "no public endpoint of the type image in region nowhere")
        self.assert_failed(self.fetch(self.far(), glance_service_interface="none"), "no none endpoint")
        self.assert_failed(self.fetch(self.mine()), "answers with 404")
        self.assert_failed(self.fetch(self.far(token=self.cloud.token(), visibility="private")), "answers with 404")
        self.assert_failed(self.fetch(self.far(b"")), "not active")
        self.assert_failed(self.fetch(self.far(), glance_service_interface="internal"), "not allowed")
        cut = self.far()
        self.region.cut[f"/image/v2/images/{cut}/file"] = len(DATA) // 2
        self.assert_failed(self.fetch(cut), "ended early")

    def test_damaged_data_is_no_image(self) -> None:
        remote = self.far()
        place, = [each for each in self.region.api.services.image_stores.all]
        with self.region.api.database.read() as connection:
            name = connection.execute(sa.text("select name from image_location where image_id = :id"), {"id": remote}).scalar()
        with open(str(place.path(str(name))), "r+b") as file:
            file.write(b"damaged")
        self.assert_failed(self.fetch(remote), "not what it is said to be")

    def test_what_is_refused_at_once(self) -> None:
        good, image_id = self.far(b""), self.mine()
        self.fetch("foo", 400, image_id=image_id)
        for method in ({"name": "glance-download"}, {"name": "glance-download", "glance_region": "far"},
                       {"name": "glance-download", "glance_image_id": good},
                       {"name": "glance-direct", "glance_image_id": good, "glance_region": "far"},
                       {"name": "glance-download", "glance_image_id": good, "glance_region": "far", "uri": "http://a.b/"}):
            answer = self.cloud.post(f"{I}/images/{image_id}/import", {"method": method}, token=self.user)
            self.assertEqual(400, answer.status_int, answer.text)
        self.assertEqual("queued", self.show(image_id)["status"])


if __name__ == "__main__":
    unittest.main()
