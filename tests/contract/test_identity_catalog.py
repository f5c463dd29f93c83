"""Services, regions, endpoints, and which of them a project sees; limits; policies."""

from tests.contract.client import ContractCase


class CatalogTest(ContractCase):
    """What there is."""

    def setUp(self) -> None:
        self.service, self.region = self.name("service"), self.name("Region")
        self.client.show("service create", "--name", self.service, "--description", "disks", self.service)
        self.addCleanup(self.client.do, "service delete", self.service)
        self.client.show("region create", self.region, "--description", "far")
        self.addCleanup(self.client.do, "region delete", self.region)

    def endpoint(self, interface: str = "public") -> str:
        """Make an endpoint and return its id."""
        made = self.client.show("endpoint create", "--region", self.region, self.service, interface, "http://disks/")
        self.assertEqual((self.service, interface, True), (made["service_name"], made["interface"], made["enabled"]))
        self.addCleanup(self.client.do, "endpoint delete", made["id"])
        return str(made["id"])

    def test_services(self) -> None:
        self.client.do("service set", "--description", "tapes", "--disable", self.service)
        shown = self.client.show("service show", self.service)
        self.assertEqual(("tapes", False, self.service), (shown["description"], shown["enabled"], shown["type"]))
        self.client.do("service set", "--enable", self.service)
        self.assertIn(self.service, self.client.names("service list", "--long"))
        self.assertIn("No service", self.client.refused("service show", self.name("none")))

    def test_regions(self) -> None:
        child = self.name("Region")
        self.client.show("region create", child, "--parent-region", self.region)
        self.client.do("region set", child, "--description", "further")
        shown = self.client.show("region show", child)
        self.assertEqual((self.region, "further"), (shown["parent_region"], shown["description"]))
        self.assertEqual([child], self.client.names("region list", "--parent-region", self.region, column="Region"))
        self.client.refused("region delete", self.region)
        self.client.do("region delete", child)

    def test_endpoints(self) -> None:
        endpoint = self.endpoint()
        self.client.do("endpoint set", "--url", "http://tapes/", "--disable", endpoint)
        shown = self.client.show("endpoint show", endpoint)
        self.assertEqual(("http://tapes/", False, self.region), (shown["url"], shown["enabled"], shown["region_id"]))
        self.client.do("endpoint set", "--enable", endpoint)
        for arguments in (("--service", self.service), ("--region", self.region, "--interface", "public")):
            self.assertEqual([endpoint], self.client.names("endpoint list", *arguments, column="ID"))
        self.assertIn(self.service, self.client.names("catalog list"))
        self.assertEqual(self.service, self.client.show("catalog show", self.service)["type"])

    def test_a_project_sees_the_endpoints_it_was_given(self) -> None:
        endpoint, group, project = self.endpoint(), self.name("group"), self.name("project")
        self.client.show("project create", project)
        self.addCleanup(self.client.do, "project delete", project)
        self.client.do("endpoint add project", endpoint, project)
        self.assertEqual([endpoint], self.client.names("endpoint list", "--project", project, column="ID"))
        self.assertEqual([project], self.client.names("endpoint list", "--endpoint", endpoint))
        self.client.do("endpoint remove project", endpoint, project)
        self.assertEqual([], self.client.show("endpoint list", "--endpoint", endpoint))
        filters = self.cloud.home / "filters.json"
        filters.write_text(f'{{"region_id": "{self.region}"}}', encoding="ascii")
        self.client.show("endpoint group create", group, str(filters), "--description", "near")
        self.client.do("endpoint group set", group, "--description", "far", "--name", group)
        shown = self.client.show("endpoint group show", group)
        self.assertEqual(("far", {"region_id": self.region}), (shown["description"], shown["filters"]))
        self.client.do("endpoint group add project", group, project)
        self.assertEqual([group], self.client.names("endpoint group list", "--project", project))
        self.assertEqual([project], self.client.names("endpoint group list", "--endpointgroup", group))
        self.assertEqual([endpoint], self.client.names("endpoint list", "--project", project, column="ID"))
        self.client.do("endpoint group remove project", group, project)
        self.client.do("endpoint group delete", group)
        self.assertNotIn(group, self.client.names("endpoint group list"))

    def test_policies(self) -> None:
        rules = self.cloud.home / "rules.json"
        rules.write_text('{"allow": true}', encoding="ascii")
        policy = self.client.show("policy create", str(rules), "--type", "application/json")["id"]
        rules.write_text("none", encoding="ascii")
        self.client.do("policy set", policy, "--rules", str(rules), "--type", "text/plain")
        shown = self.client.show("policy show", policy)
        self.assertEqual(("none", "text/plain"), (shown["rules"], shown["type"]))
        self.assertIn(policy, self.client.names("policy list", "--long", column="ID"))
        self.client.do("policy delete", policy)
        self.client.refused("policy show", policy)


class LimitsTest(ContractCase):
    """How much there may be."""

    def test_limits(self) -> None:
        service, project = self.name("service"), self.name("project")
        service_id = self.client.show("service create", service)["id"]
        self.addCleanup(self.client.do, "service delete", service_id)
        self.client.show("project create", project)
        self.addCleanup(self.client.do, "project delete", project)
        registered = self.client.show("registered limit create", "--service", service_id, "--default-limit", "10",
                                      "--description", "as many", "volumes")
        self.assertEqual((10, "volumes", service_id), (
            registered["default_limit"], registered["resource_name"], registered["service_id"]))
        registered_id = str(registered["id"])
        self.client.do("registered limit set", registered_id, "--default-limit", "12")
        self.assertEqual(12, self.client.show("registered limit show", registered_id)["default_limit"])
        self.assertEqual([registered_id], self.client.names("registered limit list", "--service", service_id, column="ID"))
        limit = str(self.client.show("limit create", "--service", service_id, "--project", project,
                                     "--resource-limit", "3", "volumes")["id"])
        self.client.do("limit set", limit, "--resource-limit", "4", "--description", "fewer")
        shown = self.client.show("limit show", limit)
        self.assertEqual((4, "fewer"), (shown["resource_limit"], shown["description"]))
        self.assertEqual([limit], self.client.names("limit list", "--resource-name", "volumes", "--project", project,
                                                    column="ID"))
        self.client.refused("registered limit delete", registered_id)
        self.client.do("limit delete", limit)
        self.client.do("registered limit delete", registered_id)
        self.client.refused("limit show", limit)
