"""Images and their metadata by compute's names, over the rules of the image API."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.image import image_property
from tests.functional.test_compute_api import V
from tests.functional.test_compute_versions import MISSING, VersionsCase

ALL = f"{V}/images"


class Images(VersionsCase):
    """/images."""

    def own(self, name: str = "mine", **more: Any) -> str:
        """Return the id of an image of alice's, active."""
        made = self.api.post("/image/v2/images", {"name": name, "disk_format": "raw", "container_format": "bare", **more},
                             token=self.alice).json["id"]
        self.api.put(f"/image/v2/images/{made}/file", b"\0" * 512, token=self.alice,
                     headers={"Content-Type": "application/octet-stream"})
        return str(made)

    def ids(self, query: str) -> list[str]:
        """Return the ids of a list, which are the same with details."""
        brief, full = (self.get(f"{ALL}{each}?{query}", "2.1")["images"] for each in ("", "/detail"))
        self.assertEqual([each["id"] for each in brief], [each["id"] for each in full])
        return [each["id"] for each in brief]

    def test_show(self) -> None:
        image_id = self.own(min_ram=5, colour="red")
        shown = self.get(f"{ALL}/{image_id}", "2.1")["image"]
        self.assertEqual({"id", "name", "links", "status", "progress", "created", "updated", "minDisk", "minRam", "metadata",
                          "OS-EXT-IMG-SIZE:size"}, set(shown))
        self.assertEqual(("mine", "ACTIVE", 100, 5, {"colour": "red"}, 512), (
            shown["name"], shown["status"], shown["progress"], shown["minRam"], shown["metadata"], shown["OS-EXT-IMG-SIZE:size"]))
        self.assertEqual(["self", "bookmark", "alternate"], [each["rel"] for each in shown["links"]])
        self.assertEqual(404, self.ask("GET", f"{ALL}/{MISSING}", "2.1").status_int)

    def test_lists(self) -> None:
        first, second = self.own("one"), self.own("two", instance_uuid=MISSING, image_type="snapshot")
        self.assertEqual([second, first, self.image], self.ids(""))
        self.assertEqual([first], self.ids("name=one"))
        self.assertEqual([second, first, self.image], self.ids("status=active"))
        self.assertEqual([], self.ids("status=SAVING"))
        self.assertEqual([], self.ids("status=nonsense"))
        self.assertEqual([second], self.ids(f"server={MISSING}"))
        self.assertEqual([second], self.ids(f"server=http://localhost/v2.1/servers/{MISSING}"))
        self.assertEqual([second], self.ids("type=snapshot"))
        self.assertEqual([], self.ids("changes-since=2100-01-01T00:00:00Z"))
        self.assertEqual(3, len(self.ids("changes-since=2020-01-01T00:00:00Z")))
        page = self.get(f"{ALL}?limit=2", "2.1")
        self.assertEqual([second, first], [each["id"] for each in page["images"]])
        following = self.get(page["images_links"][0]["href"].partition("localhost")[2], "2.1")
        self.assertEqual(([self.image], False), ([each["id"] for each in following["images"]], "images_links" in following))
        server = next(each for each in self.get(f"{ALL}/detail", "2.1")["images"] if each["id"] == second)["server"]
        self.assertEqual(MISSING, server["id"])
        for wrong in ("changes-since=x", "limit=x", "marker=none", "minRam=x"):
            self.assertEqual(400, self.ask("GET", f"{ALL}?{wrong}", "2.1").status_int, wrong)

    def test_strangers_and_delete(self) -> None:
        image_id, bob = self.own(), self.api.make_user("bob")
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/metadata"), ("DELETE", "/metadata/x")):
            self.assertEqual(404, self.api.request(method, f"{ALL}/{image_id}{path}", token=bob).status_int, method)
        self.assertEqual([self.image], [each["id"] for each in self.api.get(ALL, token=bob).json["images"]])
        self.assertEqual(403, self.ask("DELETE", f"{ALL}/{self.image}", "2.1").status_int)
        self.assertEqual([204, 404], [self.ask("DELETE", f"{ALL}/{image_id}", "2.1").status_int for _ in range(2)])

    def test_they_went(self) -> None:
        image_id = self.own(colour="red")
        for path, version in (("", "2.36"), ("/detail", "2.36"), (f"/{image_id}", "2.36"), (f"/{image_id}/metadata", "2.39"),
                              (f"/{image_id}/metadata/colour", "2.39")):
            self.assertEqual([200, 404], self.statuses("GET", f"{ALL}{path}", version), path)

    def test_metadata(self) -> None:
        path = f"{ALL}/{self.own(a='1')}/metadata"
        ask = lambda method, tail="", body=None: self.ask(method, path + tail, "2.1", body)  # noqa: E731
        self.assertEqual({"a": "1", "b": "2"}, ask("POST", "", {"metadata": {"b": "2"}}).json["metadata"])
        self.assertEqual({"c": "3"}, ask("PUT", "", {"metadata": {"c": "3"}}).json["metadata"])
        self.assertEqual({"c": "4"}, ask("PUT", "/c", {"meta": {"c": "4"}}).json["meta"])
        self.assertEqual({"c": "4"}, ask("GET", "/c").json["meta"])
        for body in ({"metadata": {"x" * 256: "1"}}, {"metadata": {"x": "y" * 256}}, {"metadata": {"name": "x"}}, {}):
            self.assertEqual(400, ask("POST", "", body).status_int, body)
        self.assertEqual(400, ask("PUT", "/c", {"meta": {"d": "4"}}).status_int)
        self.assertEqual(403, ask("POST", "", {"metadata": {f"k{number}": "v" for number in range(129)}}).status_int)
        self.assertEqual([204, 404, 404], [ask("DELETE", "/c").status_int, ask("DELETE", "/c").status_int, ask("GET", "/c").status_int])
        self.assertEqual(403, self.ask("POST", f"{ALL}/{self.image}/metadata", "2.1", {"metadata": {"b": "2"}}).status_int)
        with self.api.database.read() as connection:
            self.assertEqual([], connection.execute(sa.select(image_property)).all())
