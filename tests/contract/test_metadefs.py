"""Metadata definitions by the standard clients."""

import json

from tests.contract.client import ContractCase

WATCHDOG = {"title": "Watchdog", "type": "string", "enum": ["none", "reset"]}


class OpenstackTest(ContractCase):
    """The commands of `openstack`."""

    def setUp(self) -> None:
        self.space = self.name("Space")
        made = self.client.show("image metadef namespace create", "--public", "--unprotected", "--display-name", "Space",
                                "--description", "for tests", self.space)
        self.addCleanup(self.client.do, "image metadef namespace delete", self.space)
        self.assertEqual((self.space, "public", "for tests"), (made["namespace"], made["visibility"], made["description"]))

    def test_namespaces(self) -> None:
        self.assertIn(self.space, self.client.names("image metadef namespace list", "--visibility", "public",
                                                    column="namespace"))
        self.assertIn("OS::Compute::Watchdog", self.client.names("image metadef namespace list", "--resource-types",
                                                                 "OS::Nova::Flavor", column="namespace"))
        self.client.do("image metadef namespace set", "--private", "--protected", "--tag", "one", self.space)
        shown = self.client.show("image metadef namespace show", self.space)
        self.assertEqual(("private", True), (shown["visibility"], shown["protected"]))
        self.assertIn("protected", self.client.refused("image metadef namespace delete", self.space))
        self.client.do("image metadef namespace set", "--unprotected", self.space)
        self.client.do("image metadef namespace unset", "--tag", "one", self.space)
        self.assertIn("was not found", self.client.refused("image metadef namespace show", self.name("none")))

    def test_objects(self) -> None:
        self.client.show("image metadef object create", "--namespace", self.space, "processor")
        self.assertEqual(["processor"], self.client.names("image metadef object list", self.space, column="name"))
        self.client.do("image metadef object update", "--name", "memory", self.space, "processor")
        self.assertEqual("memory", self.client.show("image metadef object show", self.space, "memory")["name"])
        self.client.glance("md-object-update", "--name", "memory", "--schema", json.dumps(
            {"name": "memory", "properties": {"watchdog": WATCHDOG}}), self.space, "memory")
        shown = self.client.show("image metadef object property show", self.space, "memory", "watchdog")
        self.assertEqual("Watchdog", shown["title"])
        self.client.do("image metadef object delete", self.space, "memory")
        self.assertEqual([], self.client.show("image metadef object list", self.space))

    def test_properties(self) -> None:
        made = self.client.show("image metadef property create", "--name", "watchdog", "--title", "Watchdog", "--type",
                                "string", "--schema", json.dumps({"enum": ["none", "reset"]}), self.space)
        self.assertEqual(("watchdog", ["none", "reset"]), (made["name"], made["enum"]))
        self.client.do("image metadef property set", "--title", "Dog", self.space, "watchdog")
        self.assertEqual("Dog", self.client.show("image metadef property show", self.space, "watchdog")["title"])
        self.assertEqual(["watchdog"], self.client.names("image metadef property list", self.space, column="name"))
        self.client.do("image metadef property delete", self.space, "watchdog")
        self.assertEqual([], self.client.show("image metadef property list", self.space))

    def test_resource_types(self) -> None:
        kind = "OS::Glance::Image"
        self.assertIn(kind, self.client.names("image metadef resource type list"))
        self.client.show("image metadef resource type association create", self.space, kind)
        self.assertEqual([kind], self.client.names("image metadef resource type association list", self.space))
        self.client.do("image metadef resource type association delete", self.space, kind)
        self.assertEqual([], self.client.show("image metadef resource type association list", self.space))


class GlanceTest(ContractCase):
    """The commands of `glance`, which reads the API's schemas before it writes."""

    def setUp(self) -> None:
        self.space = self.name("Space")
        self.client.glance("md-namespace-create", "--visibility", "public", "--description", "for tests", self.space)
        self.addCleanup(self.client.do, "image metadef namespace delete", self.space)

    def shown(self) -> dict[str, str]:
        """Return what `glance md-namespace-show` says."""
        return dict(self.client.glance("md-namespace-show", self.space))

    def test_namespaces(self) -> None:
        self.assertIn(self.space, [row[0] for row in self.client.glance("md-namespace-list")])
        self.client.glance("md-namespace-update", "--visibility", "private", "--display-name", "Space", self.space)
        self.assertEqual(("private", "Space"), (self.shown()["visibility"], self.shown()["display_name"]))
        file = self.cloud.home / self.name("space.json")
        name = self.name("Space")
        file.write_text(json.dumps({"namespace": name, "properties": {"watchdog": WATCHDOG}, "tags": [{"name": "one"}]}))
        self.client.glance("md-namespace-import", "--file", str(file))
        self.assertEqual([["watchdog"]], [row[:1] for row in self.client.glance("md-property-list", name)])
        self.client.glance("md-namespace-delete", name)
        self.assertIn("was not found", self.client.glance_refused("md-namespace-show", name))

    def test_objects(self) -> None:
        self.client.glance("md-object-create", "--name", "processor", "--schema", json.dumps(
            {"properties": {"watchdog": WATCHDOG}}), self.space)
        self.assertEqual("processor", dict(self.client.glance("md-object-show", self.space, "processor"))["name"])
        self.assertEqual("Watchdog", dict(self.client.glance(
            "md-object-property-show", self.space, "processor", "watchdog"))["title"])
        self.assertEqual(1, len(self.client.glance("md-object-list", self.space)))
        self.client.glance("md-object-delete", self.space, "processor")
        self.client.glance("md-namespace-objects-delete", self.space)

    def test_properties(self) -> None:
        self.client.glance("md-property-create", "--name", "watchdog", "--title", "Watchdog", "--type", "string",
                           "--schema", json.dumps({"enum": ["none"]}), self.space)
        self.client.glance("md-property-update", "--title", "Dog", self.space, "watchdog")
        self.assertEqual("Dog", dict(self.client.glance("md-property-show", self.space, "watchdog"))["title"])
        self.client.glance("md-property-delete", self.space, "watchdog")
        self.client.glance("md-namespace-properties-delete", self.space)

    def test_tags(self) -> None:
        self.client.glance("md-tag-create", "--name", "one", self.space)
        self.client.glance("md-tag-create-multiple", "--names", "one,two,three", "--delim", ",", self.space)
        self.assertEqual(["one", "three", "two"], [row[0] for row in self.client.glance("md-tag-list", self.space)])
        self.client.glance("md-tag-update", "--name", "four", self.space, "one")
        self.assertEqual("four", dict(self.client.glance("md-tag-show", self.space, "four"))["name"])
        self.client.glance("md-tag-delete", self.space, "four")
        self.client.glance("md-namespace-tags-delete", self.space)
        self.assertEqual([], self.client.glance("md-tag-list", self.space))

    def test_resource_types(self) -> None:
        self.assertIn(["OS::Nova::Flavor"], self.client.glance("md-resource-type-list"))
        self.client.glance("md-resource-type-associate", "--name", "OS::Nova::Flavor", "--prefix", "hw:", self.space)
        self.assertEqual("OS::Nova::Flavor", self.client.glance("md-namespace-resource-type-list", self.space)[0][0])
        self.client.glance("md-resource-type-deassociate", self.space, "OS::Nova::Flavor")
