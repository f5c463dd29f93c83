"""Metadata definitions as a client sees them."""

import unittest
from typing import Any

import webob

from tests.fixtures.image_api import ImageApi

ADMIN, OTHER = "admin:admin", "other:member"
ALL = "/v2/metadefs/namespaces"
WATCHDOG = {"title": "Watchdog", "type": "string", "enum": ["none", "reset"], "default": "none"}


class MetadefsCase(unittest.TestCase):
    """An empty image API for each test."""

    def setUp(self) -> None:
        self.api = ImageApi()
        self.addCleanup(self.api.close)

    def ask(self, status: int, method: str, path: str, body: Any = None, token: str = ADMIN, **headers: str) -> Any:
        """Send a request that must be answered with the status; return the JSON of the answer."""
        answer: webob.Response = self.api.send(method, path, body, token=token, **headers)
        self.assertEqual(status, answer.status_int, answer.body[:500])
        return answer.json if answer.body else None

    def make(self, name: str = "OS::Test", **body: Any) -> Any:
        """Make a namespace."""
        return self.ask(201, "POST", ALL, {"namespace": name, **body})


class Namespaces(MetadefsCase):
    """Namespaces themselves."""

    def test_from_making_to_deleting(self) -> None:
        made = self.make(display_name="Test", description="for tests", visibility="public", protected=True)
        self.assertEqual(("OS::Test", "Test", "for tests", "public", True, "admin"), tuple(made[name] for name in (
            "namespace", "display_name", "description", "visibility", "protected", "owner")))
        self.assertEqual((f"{ALL}/OS::Test", "/v2/schemas/metadefs/namespace"), (made["self"], made["schema"]))
        self.assertEqual(made, self.ask(200, "GET", f"{ALL}/OS::Test"))
        self.ask(403, "DELETE", f"{ALL}/OS::Test")
        self.ask(409, "POST", ALL, {"namespace": "OS::Test"})
        changed = self.ask(200, "PUT", f"{ALL}/OS::Test", {"namespace": "OS::New", "protected": False})
        self.assertEqual(("OS::New", False, "private", "admin"), tuple(changed[name] for name in (
            "namespace", "protected", "visibility", "owner")))
        self.assertNotIn("description", changed)
        self.ask(404, "GET", f"{ALL}/OS::Test")
        self.make("OS::Third")
        self.ask(409, "PUT", f"{ALL}/OS::New", {"namespace": "OS::Third"})
        self.ask(204, "DELETE", f"{ALL}/OS::New")
        self.ask(404, "DELETE", f"{ALL}/OS::New")

    def test_everything_may_be_made_at_once(self) -> None:
        self.make(visibility="public", properties={"watchdog": WATCHDOG}, tags=[{"name": "b"}, {"name": "a"}], objects=[
            {"name": "cpu", "description": "processors", "required": ["count"],
             "properties": {"count": {"title": "Count", "type": "integer", "minimum": 1}}}],
            resource_type_associations=[{"name": "OS::Glance::Image", "prefix": "hw_"}, {"name": "OS::Nova::Flavor"}])
        shown = self.ask(200, "GET", f"{ALL}/OS::Test", token=OTHER)
        self.assertEqual({"watchdog": WATCHDOG}, shown["properties"])
        self.assertEqual(["a", "b"], [tag["name"] for tag in shown["tags"]])
        self.assertEqual(("cpu", ["count"]), (shown["objects"][0]["name"], shown["objects"][0]["required"]))
        self.assertEqual([("OS::Glance::Image", "hw_"), ("OS::Nova::Flavor", None)], [
            (each["name"], each.get("prefix")) for each in shown["resource_type_associations"]])
        on_images = self.ask(200, "GET", f"{ALL}/OS::Test?resource_type=OS::Glance::Image")
        self.assertEqual((["hw_watchdog"], ["hw_count"], ["hw_count"]), (
            list(on_images["properties"]), list(on_images["objects"][0]["properties"]), on_images["objects"][0]["required"]))
        self.ask(404, "GET", f"{ALL}/OS::Test?resource_type=OS::Cinder::Volume")
        self.ask(409, "POST", ALL, {"namespace": "twice", "tags": [{"name": "a"}, {"name": "a"}]})
        self.ask(404, "GET", f"{ALL}/twice")

    def test_who_sees_what(self) -> None:
        self.make("private", owner="demo")
        self.make("public", visibility="public")
        for token, expected in (("demo:member", ["public", "private"]), (OTHER, ["public"]), (ADMIN, ["public", "private"])):
            found = self.ask(200, "GET", ALL, token=token)["namespaces"]
            self.assertEqual(sorted(expected), sorted(each["namespace"] for each in found))
        self.ask(200, "GET", f"{ALL}/private", token="demo:reader")
        for path in ("", "/objects", "/properties", "/tags", "/resource_types", "/tags/a"):
            self.ask(404, "GET", f"{ALL}/private{path}", token=OTHER)
        for method, path, body in (("POST", ALL, {"namespace": "x"}), ("DELETE", f"{ALL}/private", None),
                                   ("POST", f"{ALL}/private/tags/a", None)):
            self.ask(403, method, path, body, token="demo:member")

    def test_lists_are_filtered_sorted_and_cut_into_pages(self) -> None:
        for name in ("b", "a", "c"):
            self.make(name, visibility="public" if name == "a" else "private",
                      resource_type_associations=[{"name": "OS::Nova::Flavor"}] if name == "c" else [])

        def names(query: str) -> list[str]:
            return [each["namespace"] for each in self.ask(200, "GET", f"{ALL}?{query}")["namespaces"]]

        self.assertEqual(["a", "b", "c"], names("sort_key=namespace&sort_dir=asc"))
        self.assertEqual(["a"], names("visibility=public"))
        self.assertEqual(["c"], names("resource_types=OS::Nova::Flavor,other"))
        for order in ("sort_key=namespace&sort_dir=desc", ""):
            seen, path = [], f"{ALL}?limit=1&{order}"
            while path:
                page = self.ask(200, "GET", path)
                seen += [each["namespace"] for each in page["namespaces"]]
                path = page.get("next")
            self.assertEqual(names(order), seen)
        for query in ("marker=none", "visibility=shared", "sort_key=owner", "limit=x"):
            self.ask(400, "GET", f"{ALL}?{query}")

    def test_bodies_that_are_refused(self) -> None:
        for body in ({}, {"namespace": ""}, {"namespace": "x" * 81}, {"namespace": "a/b"}, {"namespace": 1},
                     {"namespace": "a", "visibility": "shared"}, {"namespace": "a", "protected": "yes"},
                     {"namespace": "a", "unknown": 1}, {"namespace": "a", "properties": {"p": {"title": "P"}}},
                     {"namespace": "a", "objects": [{}]}, {"namespace": "a", "tags": ["x"]}, []):
            self.ask(400, "POST", ALL, body)
        self.assertEqual([], self.ask(200, "GET", ALL)["namespaces"])


class Items(MetadefsCase):
    """What is in a namespace."""

    def setUp(self) -> None:
        super().setUp()
        self.make()

    def test_objects(self) -> None:
        path = f"{ALL}/OS::Test/objects"
        made = self.ask(201, "POST", path, {"name": "cpu", "description": "processors"})
        self.assertEqual(("cpu", {}, f"{path}/cpu", "/v2/schemas/metadefs/object"), (
            made["name"], made["properties"], made["self"], made["schema"]))
        self.ask(409, "POST", path, {"name": "cpu"})
        changed = self.ask(200, "PUT", f"{path}/cpu", {"name": "chip", "properties": {"watchdog": WATCHDOG}})
        self.assertEqual(("chip", {"watchdog": WATCHDOG}, False), (
            changed["name"], changed["properties"], "description" in changed))
        self.assertEqual(changed, self.ask(200, "GET", f"{path}/chip"))
        self.ask(201, "POST", path, {"name": "cpu"})
        self.ask(409, "PUT", f"{path}/cpu", {"name": "chip"})
        self.assertEqual(["chip", "cpu"], [each["name"] for each in self.ask(200, "GET", path)["objects"]])
        self.ask(204, "DELETE", f"{path}/chip")
        self.ask(404, "GET", f"{path}/chip")
        self.ask(404, "DELETE", f"{path}/chip")
        self.ask(204, "DELETE", path)
        self.assertEqual([], self.ask(200, "GET", path)["objects"])

    def test_properties(self) -> None:
        path = f"{ALL}/OS::Test/properties"
        self.assertEqual({"name": "watchdog", **WATCHDOG}, self.ask(201, "POST", path, {"name": "watchdog", **WATCHDOG}))
        self.ask(409, "POST", path, {"name": "watchdog", **WATCHDOG})
        self.ask(201, "POST", f"{ALL}/OS::Test/resource_types", {"name": "OS::Glance::Image", "prefix": "hw_"})
        found = self.ask(200, "GET", f"{path}/hw_watchdog?resource_type=OS::Glance::Image")
        self.assertEqual("hw_watchdog", found["name"])
        changed = self.ask(200, "PUT", f"{path}/watchdog", {"name": "dog", "title": "Dog", "type": "boolean"})
        self.assertEqual(("dog", "Dog", False), (changed["name"], changed["title"], "enum" in changed))
        self.assertEqual({"dog": {"title": "Dog", "type": "boolean"}}, self.ask(200, "GET", path)["properties"])
        for body in ({"name": "x"}, {"name": "x", "title": "X", "type": "text"}, {"name": "x", "title": "X", "type": "string",
                                                                               "unknown": 1}):
            self.ask(400, "POST", path, body)
        self.ask(204, "DELETE", f"{path}/dog")
        self.ask(404, "DELETE", f"{path}/dog")
        self.ask(204, "DELETE", path)

    def test_tags(self) -> None:
        path = f"{ALL}/OS::Test/tags"

        def names() -> list[str]:
            return [tag["name"] for tag in self.ask(200, "GET", path)["tags"]]

        self.ask(201, "POST", path, {"tags": [{"name": "a"}, {"name": "b"}]})
        self.ask(201, "POST", path, {"tags": [{"name": "c"}]})
        self.assertEqual(["c"], names())
        self.ask(201, "POST", path, {"tags": [{"name": "c"}, {"name": "d"}]}, **{"X-Openstack-Append": "True"})
        self.assertEqual(["c", "d"], names())
        self.ask(400, "POST", path, {"tags": []}, **{"X-Openstack-Append": "maybe"})
        self.assertEqual("e", self.ask(201, "POST", f"{path}/e")["name"])
        self.ask(409, "POST", f"{path}/e")
        self.ask(400, "POST", f"{path}/{'x' * 81}")
        self.ask(409, "PUT", f"{path}/e", {"name": "c"})
        self.assertEqual("f", self.ask(200, "PUT", f"{path}/e", {"name": "f"})["name"])
        self.assertEqual("f", self.ask(200, "GET", f"{path}/f")["name"])
        self.ask(404, "GET", f"{path}/e")
        self.ask(204, "DELETE", f"{path}/f")
        self.assertEqual(["c", "d"], names())
        self.ask(204, "DELETE", path)
        self.assertEqual([], names())

    def test_resource_types(self) -> None:
        path = f"{ALL}/OS::Test/resource_types"
        body = {"name": "OS::Cinder::Volume", "prefix": "hw_", "properties_target": "image"}
        made = self.ask(201, "POST", path, body)
        self.assertEqual(body, {name: made[name] for name in body})
        self.ask(409, "POST", path, body)
        self.assertEqual([made], self.ask(200, "GET", path)["resource_type_associations"])
        self.make("second", resource_type_associations=[{"name": "OS::Cinder::Volume"}])
        self.ask(204, "DELETE", f"{path}/OS::Cinder::Volume")
        self.ask(404, "DELETE", f"{path}/OS::Cinder::Volume")
        self.assertEqual([], self.ask(200, "GET", path)["resource_type_associations"])
        types = self.ask(200, "GET", "/v2/metadefs/resource_types", token=OTHER)["resource_types"]
        self.assertEqual(["OS::Cinder::Volume"], [each["name"] for each in types])

    def test_nothing_in_a_protected_namespace_is_deleted(self) -> None:
        self.make("kept", protected=True, tags=[{"name": "a"}], objects=[{"name": "a"}],
                  properties={"a": WATCHDOG}, resource_type_associations=[{"name": "a"}])
        for kind in ("tags", "objects", "properties"):
            self.ask(403, "DELETE", f"{ALL}/kept/{kind}/a")
            self.ask(403, "DELETE", f"{ALL}/kept/{kind}")
        self.ask(403, "DELETE", f"{ALL}/kept/resource_types/a")
        self.ask(403, "POST", f"{ALL}/kept/tags", {"tags": []})

    def test_schemas(self) -> None:
        for name in ("namespace", "object", "property", "tag", "namespaces", "objects", "properties", "tags"):
            self.assertEqual(name, self.ask(200, "GET", f"/v2/schemas/metadefs/{name}", token=OTHER)["name"])
        self.assertEqual("resource_type_association", self.ask(200, "GET", "/v2/schemas/metadefs/resource_type")["name"])
        self.assertEqual("resource_type_associations", self.ask(200, "GET", "/v2/schemas/metadefs/resource_types")["name"])
        self.ask(404, "GET", "/v2/schemas/metadefs/image")
