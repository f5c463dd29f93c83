"""Imports as a client asks for them; what becomes of them is told in test_image_import."""

import contextlib
import os
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import image_location, image_staging
from cumulo.common.db.tables.operations import operation as operation_table
from cumulo.common.operations import store as operations
from cumulo.image import imports, stages
from cumulo.image.store.file import FileStore
from cumulo.image.store.http import HttpStore
from cumulo.image.stores import Stores
from tests.fixtures.image_api import ImageApi

ADMIN = "admin:admin"
WEB = {"method": {"name": "web-download", "uri": "http://example.org/disk"}}


class ImportApiTest(unittest.TestCase):
    """An API with two stores, and nobody who runs what it begins."""

    def setUp(self) -> None:
        self.api = ImageApi()
        self.addCleanup(self.api.close)
        self.fast = FileStore(os.path.join(self.api.directory, "fast"), "fast")
        self.api.services.image_stores = Stores.of(
            self.api.store, self.fast, HttpStore("web", ["http://example.org/allowed/"], 5.0))

    def ask(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request that must be answered with the status; return the answer's JSON."""
        answer = self.api.send(method, path, body, **more)
        self.assertEqual(status, answer.status_int, answer.text)
        return answer.json if answer.body else None

    def stage(self, image_id: str, status: int = 204) -> None:
        """Stage data."""
        self.ask(status, "PUT", f"/v2/images/{image_id}/stage", b"data", kind="application/octet-stream")

    def run_to_its_end(self, image_id: str, **said: Any) -> None:
        """Do as the agent and the scheduler would: the data goes into a store, the image becomes active."""
        with self.api.database.write() as connection:
            running = operations.active(connection, image_id)
            assert running is not None
            state = running["state"] | {"stored": running["state"]["stores"], "failed": []} | said
            for name in state["stores"]:
                with contextlib.closing(self.api.services.image_stores.named(name).create(state["name"])) as part:
                    part.write(b"data")
                    part.commit()
            imports.publish(connection, 1.0, state, imports.Rules())
            imports.publish(connection, 1.0, state, imports.Rules())  # a step may be repeated
            table = operation_table
            connection.execute(sa.update(table).where(table.c.id == running["id"]).values(
                active_key=None, phase="done"))

    def test_from_staging_to_leaving_a_store(self) -> None:
        image_id = self.api.create()["id"]
        self.stage(image_id)
        self.stage(image_id, 409)
        self.assertEqual("uploading", self.api.show(image_id)["status"])
        self.ask(202, "POST", f"/v2/images/{image_id}/import", {"method": {"name": "glance-direct"}})
        shown = self.api.show(image_id)
        self.assertEqual(("importing", "file", ""), (
            shown["status"], shown["os_glance_importing_to_stores"], shown["os_glance_failed_import"]))
        self.ask(409, "POST", f"/v2/images/{image_id}/import", {"method": {"name": "glance-direct"}})
        self.run_to_its_end(image_id, size=4, checksum="c", os_hash_value="h", virtual_size=4)
        self.assertEqual(("active", "file"), (self.api.show(image_id)["status"], self.api.show(image_id)["stores"]))
        self.ask(202, "POST", f"/v2/images/{image_id}/import", {"method": {"name": "copy-image"}, "stores": ["fast"]},
                 token=ADMIN)
        self.ask(409, "DELETE", f"/v2/stores/file/{image_id}")
        self.run_to_its_end(image_id)
        self.assertEqual(["success", "success"], [
            each["status"] for each in self.ask(200, "GET", f"/v2/images/{image_id}/tasks")["tasks"]])
        self.ask(403, "DELETE", f"/v2/stores/file/{image_id}", token="demo:reader")
        self.ask(404, "DELETE", f"/v2/stores/file/{image_id}", token="other:member")
        self.ask(204, "DELETE", f"/v2/stores/file/{image_id}")
        self.assertEqual((set(), 1), (self.api.store.names(), len(self.fast.names())))
        self.ask(403, "DELETE", f"/v2/stores/fast/{image_id}")
        self.api.patch(image_id, {"op": "replace", "path": "/protected", "value": True})
        self.ask(403, "DELETE", f"/v2/stores/fast/{image_id}")

    def test_a_task_of_its_own(self) -> None:
        body = {"type": "import", "input": {
            "import_from": "http://example.org/disk", "import_from_format": "raw",
            "image_properties": {"name": "made", "disk_format": "raw", "container_format": "bare"}}}
        self.ask(403, "POST", "/v2/tasks", body)
        task = self.ask(201, "POST", "/v2/tasks", body, token=ADMIN)
        self.assertEqual(("pending", None, "importing"), (
            task["status"], task["result"], self.api.show(task["image_id"], ADMIN)["status"]))
        self.assertEqual([task["id"]], [each["id"] for each in self.ask(200, "GET", "/v2/tasks", token=ADMIN)["tasks"]])
        body["input"]["import_from"] = "http://10.0.0.1/disk"
        self.ask(400, "POST", "/v2/tasks", body, token=ADMIN)

    def test_an_image_is_deleted_in_the_middle_of_its_import(self) -> None:
        image_id = self.api.create()["id"]
        self.ask(202, "POST", f"/v2/images/{image_id}/import", WEB)
        self.ask(204, "DELETE", f"/v2/images/{image_id}")
        with self.api.database.read() as connection:
            running = operations.active(connection, image_id)
            assert running is not None
            self.assertTrue(running["cancel"])
            self.assertFalse(imports.is_wanted(connection, image_id))
            self.assertEqual({running["state"]["name"]}, imports.names_being_stored(connection))
            self.assertEqual({running["state"]["staged"]}, imports.staged_names(connection, running["state"]["host"]))

    def test_what_may_not_be_asked_for(self) -> None:
        image_id = self.api.create()["id"]
        path = f"/v2/images/{image_id}/import"
        for body in ({}, {"method": {}}, {"method": {"name": "glance-download"}}, {"method": {"name": "web-download"}},
                     WEB | {"stores": ["nowhere"]}, WEB | {"stores": ["file"], "all_stores": True}, WEB | {"stores": []},
                     {"method": {"name": "glance-direct", "uri": "http://example.org/"}}):
            self.ask(400, "POST", path, body)
        self.ask(403, "POST", path, {"method": {"name": "copy-image"}})
        self.ask(403, "POST", path, WEB, token="demo:reader")
        self.ask(404, "POST", path, WEB, token="other:member")
        self.api.conf.set_override("import_methods", ["glance-direct"], group="image")
        self.ask(400, "POST", path, WEB)
        self.assertEqual("queued", self.api.show(image_id)["status"])

    def test_a_limit_on_what_waits(self) -> None:
        image_id = self.api.create()["id"]
        self.stage(image_id)
        with self.api.database.read() as connection:
            row = connection.execute(sa.select(image_staging)).mappings().one()
        self.assertEqual((image_id, 4, self.api.conf.host), (row["image_id"], row["size"], row["host"]))

    def test_a_location(self) -> None:
        image_id = self.api.create()["id"]
        path = f"/v2/images/{image_id}/locations"
        self.ask(202, "POST", path, {"url": "http://example.org/allowed/disk#mine", "validation_data": {}})
        self.ask(409, "POST", path, {"url": "http://example.org/allowed/disk"})
        self.assertEqual(("importing", "web"), tuple(
            self.api.show(image_id)[name] for name in ("status", "os_glance_importing_to_stores")))
        with self.api.database.write() as connection:
            running = operations.active(connection, image_id)
            assert running is not None
            self.assertEqual("http://example.org/allowed/disk", running["state"]["name"])
            found = {"size": 4, "virtual_size": 4, "checksum": "c", "os_hash_algo": "sha512", "os_hash_value": "h"}
            for _ in range(2):  # a step may be repeated
                imports.locate(connection, 1.0, running["state"] | found)
        self.assertEqual("active", self.api.show(image_id)["status"])
        self.ask(403, "GET", path)
        self.ask(403, "POST", path, {"url": "http://example.org/allowed/disk"}, token="demo:reader")
        self.assertEqual([{"url": "http://example.org/allowed/disk#mine", "metadata": {}}],
                         self.ask(200, "GET", path, token=ADMIN))

    def test_a_dead_stage_is_given_up(self) -> None:
        image_id = self.api.create()["id"]
        self.stage(image_id)
        with self.api.database.write() as connection:
            connection.execute(sa.update(image_staging).values(size=None, renewed_at=0.0))
        self.assertEqual(1, stages.give_up_dead(self.api.database, 100.0))
        self.assertEqual("queued", self.api.show(image_id)["status"])
        self.stage(image_id)
        self.assertEqual(0, stages.give_up_dead(self.api.database, 1e12))

    def test_an_import_that_came_to_nothing(self) -> None:
        image_id = self.api.create()["id"]
        self.ask(202, "POST", f"/v2/images/{image_id}/import", WEB | {"all_stores": True})
        with self.api.database.write() as connection:
            running = operations.active(connection, image_id)
            assert running is not None
            imports.withdraw(connection, 1.0, running["state"])
            self.assertIsNone(connection.execute(sa.select(image_location)).first())
            self.assertEqual("queued", connection.execute(sa.select(image_table.c.status)).scalar_one())
        shown = self.api.show(image_id)
        self.assertEqual(("", "file,fast"), (shown["os_glance_importing_to_stores"], shown["os_glance_failed_import"]))


if __name__ == "__main__":
    unittest.main()
