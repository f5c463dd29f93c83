"""Quotas of images: limits registered in identity, and what projects are refused beyond them."""

import io
import threading
import unittest
from typing import Any

import sqlalchemy as sa
import webob

from cumulo.common import errors
from cumulo.common.db.tables.operations import operation
from cumulo.common.operations import store as operations
from cumulo.identity import limits
from cumulo.image import imports, quotas
from cumulo.image.store.file import FileStore
from cumulo.image.stores import Stores
from tests.fixtures.api import PASSWORD, Api

MIB = 1024 * 1024
IMAGES = "/image/v2/images"
OCTETS = {"Content-Type": "application/octet-stream"}


class QuotasTest(unittest.TestCase):
    """A project of a member, beside the administrator's."""

    def setUp(self) -> None:
        self.api = Api()
        self.addCleanup(self.api.close)
        v3 = "/identity/v3"
        self.project = self.ok("POST", f"{v3}/projects", {"project": {"name": "demo"}})["project"]["id"]
        user = self.ok("POST", f"{v3}/users", {"user": {"name": "demo", "password": PASSWORD}})["user"]["id"]
        role = self.ok("GET", f"{v3}/roles?name=member")["roles"][0]["id"]
        self.ok("PUT", f"{v3}/projects/{self.project}/users/{user}/roles/{role}")
        self.service = self.ok("GET", f"{v3}/services?type=image")["services"][0]["id"]
        self.member = self.api.token("demo", PASSWORD, "demo")

    def ok(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """Send a request that must succeed; return the JSON of the answer."""
        answer = self.api.request(method, path, body, token=token)
        self.assertLess(answer.status_int, 300, answer.text)
        return answer.json if answer.body else None

    def register(self, resource: str, number: int) -> None:
        """Limit everybody."""
        self.ok("POST", "/identity/v3/registered_limits", {"registered_limits": [
            {"service_id": self.service, "resource_name": resource, "default_limit": number}]})

    def limit(self, resource: str, number: int) -> None:
        """Limit the member's project."""
        self.ok("POST", "/identity/v3/limits", {"limits": [{
            "service_id": self.service, "resource_name": resource, "resource_limit": number,
            "project_id": self.project}]})

    def create(self, token: str | None = None) -> webob.Response:
        """Ask for an image."""
        return self.api.request("POST", IMAGES, {"disk_format": "raw", "container_format": "bare"},
                                token=self.member if token is None else token)

    def upload(self, image_id: str, size: int, **environ: Any) -> int:
        """Upload so many bytes; return the status."""
        return self.stream(image_id, io.BytesIO(b"\0" * size), CONTENT_LENGTH=str(size)).status_int

    def stream(self, image_id: str, source: Any, **environ: str) -> webob.Response:
        """Upload from something that is read."""
        request = webob.Request.blank(f"{IMAGES}/{image_id}/file", method="PUT", environ=environ, headers={
            "X-Auth-Token": self.member, **OCTETS})
        request.environ["wsgi.input"] = source
        return request.get_response(self.api.application)

    def usage(self, token: str | None = None) -> dict[str, tuple[int, int]]:
        """Return limit and usage by resource."""
        answer = self.ok("GET", "/image/v2/info/usage", token=self.member if token is None else token)
        return {name: (each["limit"], each["usage"]) for name, each in answer["usage"].items()}

    def test_nothing_is_limited_until_it_is_registered(self) -> None:
        for _ in range(3):
            self.assertEqual(201, self.create().status_int)
        self.assertEqual((-1, 3), self.usage()["image_count_total"])
        self.assertEqual((-1, 0), self.usage("")["image_count_total"])

    def begin(self, image_id: str, method: dict[str, str], token: str = "") -> int:
        """Ask for an import; return the status."""
        return self.api.post(f"{IMAGES}/{image_id}/import", {"method": method}, token=token or self.member).status_int

    def state_of(self, image_id: str) -> Any:
        """Return the state of the import of an image."""
        with self.api.database.read() as connection:
            running = operations.active(connection, image_id)
        assert running is not None
        return running["state"]

    def test_staged_data_is_imported_only_where_it_has_room(self) -> None:
        self.register("image_size_total", 1)
        one, other = (self.create().json["id"] for _ in range(2))
        self.assertEqual(204, self.upload(one, 700 * 1024))
        staged = self.api.put(f"{IMAGES}/{other}/stage", b"\0" * 600 * 1024, headers=OCTETS, token=self.member)
        self.assertEqual((204, 413), (staged.status_int, self.begin(other, {"name": "glance-direct"})))
        self.assertEqual("uploading", self.ok("GET", f"{IMAGES}/{other}")["status"])
        self.limit("image_size_total", 2)
        self.assertEqual(202, self.begin(other, {"name": "glance-direct"}))

    def test_downloads_begin_only_where_there_is_room(self) -> None:
        web = {"name": "web-download", "uri": "http://example.org/disk"}
        one, other = (self.create().json["id"] for _ in range(2))
        self.register("image_stage_total", 3)
        self.register("image_size_total", 2)
        self.register("image_count_uploading", 1)
        self.assertEqual(204, self.upload(self.create().json["id"], MIB))
        self.assertEqual((202, 413), (self.begin(one, web), self.begin(other, web)))
        self.assertEqual(MIB, self.state_of(one)["room"])
        self.limit("image_count_uploading", 9)
        self.assertEqual(202, self.begin(other, web))
        self.assertEqual((2, 0), (self.usage()["image_count_uploading"][1], self.usage()["image_stage_total"][1]))
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.resource_id == one).values(
                state=self.state_of(one) | {"fetched": 2 * MIB + 1}))
        self.assertEqual((3, 3), self.usage()["image_stage_total"])
        third = self.create().json["id"]
        self.assertEqual(202, self.begin(third, web))
        self.assertEqual(MIB - 1, self.state_of(third)["room"])
        self.limit("image_stage_total", 2)
        self.assertEqual(413, self.begin(self.create().json["id"], web))

    def test_an_image_that_a_task_makes_counts(self) -> None:
        self.register("image_count_total", 0)
        answer = self.api.post("/image/v2/tasks", {"type": "import", "input": {
            "import_from": "http://example.org/disk", "import_from_format": "raw",
            "image_properties": {"disk_format": "raw", "container_format": "bare"}}})
        self.assertEqual(413, answer.status_int)

    def test_what_has_been_imported_counts_where_it_is_stored(self) -> None:
        self.register("image_size_total", 2)
        image_id = self.create().json["id"]
        self.assertEqual(204, self.upload(image_id, MIB))
        with self.api.database.write() as connection:
            effective = limits.effective(connection, "image", ["image_size_total"], self.project)
            rules = imports.Rules(quotas.Limits(self.project, effective))
            state = {"image_id": image_id, "method": "copy-image", "size": MIB, "name": "n", "failed": []}
            with self.assertRaises(errors.TooLarge):
                imports.publish(connection, 1.0, state | {"stored": ["fast", "slow"]}, rules)
            imports.publish(connection, 1.0, state | {"stored": ["fast"]}, rules)
            imports.publish(connection, 1.0, state | {"stored": ["fast"]}, rules)
        self.assertEqual((2, 2), self.usage()["image_size_total"])
        self.assertEqual(413, self.begin_copy(image_id))

    def begin_copy(self, image_id: str) -> int:
        """Ask for a copy in a store that nothing is in; return the status."""
        stores = self.api.services.image_stores
        slow = FileStore(f"{self.api.directory}/slow", "slow")
        self.api.services.image_stores = Stores.of(*stores.all, slow)
        return self.api.post(f"{IMAGES}/{image_id}/import", {
            "method": {"name": "copy-image"}, "stores": ["slow"]}).status_int

    def test_the_number_of_images(self) -> None:
        self.register("image_count_total", 1)
        first = self.create()
        self.assertEqual((201, 413), (first.status_int, self.create().status_int))
        self.assertEqual(201, self.create("").status_int, "another project has its own room")
        self.limit("image_count_total", 2)
        self.assertEqual((201, 413), (self.create().status_int, self.create().status_int))
        self.assertEqual((2, 2), self.usage()["image_count_total"])
        self.assertEqual((1, 1), self.usage("")["image_count_total"])
        self.ok("DELETE", f"{IMAGES}/{first.json['id']}", token=self.member)
        self.assertEqual(201, self.create().status_int)

    def test_an_image_that_is_given_away_needs_room_there(self) -> None:
        self.register("image_count_total", 1)
        self.create()
        image = self.create("").json["id"]
        body = [{"op": "replace", "path": "/owner", "value": self.project}]
        patch = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        self.assertEqual(413, self.api.request("PATCH", f"{IMAGES}/{image}", body, headers=patch).status_int)
        self.limit("image_count_total", 2)
        self.assertEqual(200, self.api.request("PATCH", f"{IMAGES}/{image}", body, headers=patch).status_int)

    def test_the_size_of_the_data(self) -> None:
        self.register("image_size_total", 3)
        first, second = (self.create().json["id"] for _ in range(2))
        self.assertEqual(413, self.upload(first, 3 * MIB + 1))
        self.assertEqual(204, self.upload(first, 2 * MIB))
        self.assertEqual(413, self.upload(second, MIB + 1))
        unsized = self.stream(second, Pieces(MIB + 1), HTTP_TRANSFER_ENCODING="chunked")
        self.assertEqual(413, unsized.status_int)
        self.assertIn("image_size_total", unsized.text)
        self.assertEqual("queued", self.ok("GET", f"{IMAGES}/{second}", token=self.member)["status"])
        self.assertEqual((3, 2), self.usage()["image_size_total"])
        self.assertEqual(204, self.upload(second, MIB))
        self.assertEqual((3, 3), self.usage()["image_size_total"])

    def test_what_two_uploads_fill_at_once_is_noticed_at_the_end(self) -> None:
        self.register("image_size_total", 1)
        first, second = (self.create().json["id"] for _ in range(2))

        def other() -> None:
            self.assertEqual(204, self.upload(second, MIB))

        answer = self.stream(first, Pieces(MIB, between=other), HTTP_TRANSFER_ENCODING="chunked")
        self.assertEqual(413, answer.status_int)
        self.assertEqual("queued", self.ok("GET", f"{IMAGES}/{first}", token=self.member)["status"])
        self.assertEqual((1, 1), self.usage()["image_size_total"])

    def test_uploads_at_once(self) -> None:
        self.register("image_count_uploading", 1)
        first, second = (self.create().json["id"] for _ in range(2))
        met: list[Any] = []

        def other() -> None:
            met.append((self.upload(second, 10), self.usage()["image_count_uploading"]))

        answer = self.stream(first, Pieces(MIB, between=other), HTTP_TRANSFER_ENCODING="chunked")
        self.assertEqual((204, [(413, (1, 1))]), (answer.status_int, met))
        self.assertEqual((204, (1, 0)), (self.upload(second, 10), self.usage()["image_count_uploading"]))

    def test_the_last_room_is_given_once(self) -> None:
        self.register("image_count_total", 1)
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(self.create().status_int)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([201, 413, 413, 413], sorted(answers))


class Pieces:
    """A body that arrives in two pieces, with something between them."""

    def __init__(self, size: int, between: Any = lambda: None) -> None:
        self._left = [b"\0" * (size - 1), b"\0"]
        self._between = between

    def read(self, size: int) -> bytes:
        """Return what has arrived."""
        if len(self._left) == 1:
            self._between()
        if not self._left:
            return b""
        piece = self._left.pop(0)
        if len(piece) > size:
            self._left.insert(0, piece[size:])
        return piece[:size]
