"""Locations of images, where an operator lets clients see and change them; off otherwise."""

import hashlib
from typing import Any

from cumulo.image.store.http import HttpStore
from cumulo.image.stores import Stores
from tests.fixtures.web_server import WebServer
from tests.functional.test_image_api import DATA, OLD_PATCH_TYPE, OTHER, READER, ImageApiCase


class LocationsCase(ImageApiCase):
    """An API that reads one web server."""

    def setUp(self) -> None:
        super().setUp()
        server = WebServer()
        self.addCleanup(server.close)
        server.bodies = {"/allowed/data": DATA, "/data": DATA}
        base = server.url
        self.url, self.elsewhere, self.absent = f"{base}/allowed/data", f"{base}/data", f"{base}/allowed/absent"
        stores = self.api.services.image_stores
        self.api.services.image_stores = Stores.of(*stores.all, HttpStore("web", [f"{base}/allowed"], 5.0))
        for option in ("show_multiple_locations", "show_image_direct_url"):
            self.api.conf.set_override(option, True, "image")

    def add(self, status: int, image_id: str, url: str, place: str = "-", **more: Any) -> Any:
        """Add a location; return the answer's JSON."""
        value = {"url": url, "metadata": more.pop("metadata", {}), **more}
        return self.expect(status, self.api.patch(
            image_id, {"op": "add", "path": f"/locations/{place}", "value": value})).json

    def urls(self, image_id: str) -> list[str]:
        """Return the URLs of an image's locations."""
        return [each["url"] for each in self.api.show(image_id)["locations"]]


class Locations(LocationsCase):
    """Adding, showing, replacing and removing."""

    def test_a_url_makes_an_image_active(self) -> None:
        image = self.api.create()
        self.assertEqual(([], False), (image["locations"], "direct_url" in image))
        changed = self.add(200, image["id"], f"{self.url}#one", metadata={"speed": "fast"})
        self.assertEqual(("active", 3000, None, f"{self.url}#one"), (
            changed["status"], changed["size"], changed["os_hash_value"], changed["direct_url"]))
        self.assertEqual([{"url": f"{self.url}#one", "metadata": {"speed": "fast"}}], changed["locations"])
        self.assertEqual(changed, self.api.show(image["id"]))
        answer = self.expect(200, self.api.send("GET", f"/v2/images/{image['id']}/file"))
        self.assertEqual((DATA, False), (answer.body, "Content-Md5" in answer.headers))
        self.expect(204, self.api.send("DELETE", f"/v2/images/{image['id']}"))

    def test_what_the_client_says_of_the_data_is_held_on_to(self) -> None:
        image_id = self.api.create()["id"]
        said = {"checksum": hashlib.md5(DATA).hexdigest(), "os_hash_algo": "sha512",
                "os_hash_value": hashlib.sha512(DATA).hexdigest()}
        for wrong in ({"checksum": "x"}, {"os_hash_algo": "sha512"}, {**said, "os_hash_algo": "md5"}, {"size": "1"}, [],
                      {"checksum": 1}):
            self.add(400, image_id, self.url, validation_data=wrong)
        changed = self.add(200, image_id, self.url, validation_data=said)
        self.assertEqual(said, {name: changed[name] for name in said})
        self.add(409, image_id, f"{self.url}#2", validation_data=said | {"checksum": "2" * 32})
        self.add(409, image_id, f"{self.url}#2", validation_data=said | {"os_hash_algo": "sha256"})
        self.add(200, image_id, f"{self.url}#2", "0", validation_data=said)
        self.assertEqual([f"{self.url}#2", self.url], self.urls(image_id))

    def test_replacing_changes_metadata_alone(self) -> None:
        image_id = self.api.create()["id"]
        self.add(200, image_id, self.url)
        self.add(200, image_id, f"{self.url}#2")
        found = self.api.show(image_id)["locations"]
        found[0]["metadata"] = {"date": "today"}

        def replace(status: int, value: Any) -> None:
            operation = {"replace": "/locations", "value": value}
            self.expect(status, self.api.patch(image_id, operation, kind=OLD_PATCH_TYPE))

        replace(200, found)
        self.assertEqual(found, self.api.show(image_id)["locations"])
        for value in (found[:1], [], [found[0], {"url": f"{self.url}#3", "metadata": {}}], "x", [1]):
            replace(400, value)
        self.assertEqual(found, self.api.show(image_id)["locations"])

    def test_removing_leaves_the_last(self) -> None:
        image_id = self.api.create()["id"]
        self.expect(204, self.api.upload(image_id, DATA))
        stored = self.urls(image_id)[0]
        self.assertTrue(stored.startswith("file://file/"))
        self.add(200, image_id, self.url)
        self.assertEqual([stored, self.url], self.urls(image_id))
        self.expect(400, self.api.patch(image_id, {"op": "remove", "path": "/locations/2"}))
        self.expect(200, self.api.patch(image_id, {"op": "remove", "path": "/locations/0"}))
        self.assertEqual(([self.url], set()), (self.urls(image_id), self.api.store.names()))
        self.expect(403, self.api.patch(image_id, {"op": "remove", "path": "/locations/0"}))
        self.assertEqual(DATA, self.api.send("GET", f"/v2/images/{image_id}/file").body)

    def test_what_is_refused(self) -> None:
        image_id = self.api.create()["id"]
        for url in (self.elsewhere, "gopher://host/", "file:///etc/passwd", f"{self.url}/../../data", "http://[", "", 1,
                    self.absent, "x" * 3000):
            self.add(400, image_id, url)  # type: ignore[arg-type]
        self.add(400, image_id, self.url, "5")
        self.add(400, image_id, self.url, metadata={"a": 1})
        for operation in ({"op": "add", "path": "/locations/-"}, {"op": "remove", "path": "/locations"},
                          {"op": "replace", "path": "/locations/0", "value": {"url": self.url}},
                          {"op": "remove", "path": "/locations/-"}):
            self.expect(400, self.api.patch(image_id, operation))
        self.expect(400, self.api.patch(self.api.send("POST", "/v2/images", {}).json["id"], {
            "op": "add", "path": "/locations/-", "value": {"url": self.url}}))
        self.assertEqual(("queued", []), (self.api.show(image_id)["status"], self.urls(image_id)))
        self.add(200, image_id, self.url)
        self.add(400, image_id, self.url)

    def test_whose_image_it_is(self) -> None:
        image_id = self.api.create(visibility="community")["id"]
        operation = {"op": "add", "path": "/locations/-", "value": {"url": self.url, "metadata": {}}}
        self.expect(403, self.api.patch(image_id, operation, token=OTHER))
        self.expect(403, self.api.patch(image_id, operation, token=READER))
        self.expect(200, self.api.patch(image_id, operation))
        self.assertEqual([self.url], [each["url"] for each in self.api.show(image_id, READER)["locations"]])
        shown = self.api.show(image_id, OTHER)
        self.assertFalse({"locations", "direct_url"} & set(shown))

    def test_nothing_is_shown_or_changed_by_default(self) -> None:
        for option in ("show_multiple_locations", "show_image_direct_url"):
            self.api.conf.clear_override(option, "image")
        image_id = self.api.create()["id"]
        self.assertFalse({"locations", "direct_url"} & set(self.api.show(image_id)))
        self.expect(403, self.api.patch(image_id, {"op": "replace", "path": "/locations", "value": []}))
        self.add(400, image_id, self.url)
        self.assertEqual("queued", self.api.show(image_id)["status"])
