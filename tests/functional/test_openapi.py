"""The OpenAPI document: complete, well-formed, and what the server really answers."""

import re
import unittest
from typing import Any

import jsonschema_rs

from cumulo.api import families
from tests.fixtures.api import Api

PATH = "/compute/v2.1/cumulo/openapi"
OPERATION = {
    "type": "object", "required": ["operationId", "tags", "summary", "parameters", "responses", "security"],
    "properties": {
        "parameters": {"type": "array", "items": {"type": "object", "required": ["name", "in", "schema"]}},
        "responses": {"type": "object", "required": ["4XX"], "minProperties": 2},
        "requestBody": {"type": "object", "required": ["content"]}}}


class OpenApiTest(unittest.TestCase):
    """GET /compute/v2.1/cumulo/openapi."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.api = Api()
        cls.addClassCleanup(cls.api.close)
        cls.document = cls.api.get(PATH).json

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return (method, path, operation) of each."""
        return [(method.upper(), path, each) for path, item in self.document["paths"].items()
                for method, each in item.items()]

    def test_every_route_is_in_it(self) -> None:
        """And nothing else."""
        routes = {(route.method, f"/{family.name}{route.path}") for family, all_of in families.apis()
                  for route in all_of}
        self.assertEqual(routes, {(method, path) for method, path, _ in self.operations()})

    def test_every_operation_is_well_formed(self) -> None:
        """Names are unique, path variables are declared, references lead somewhere, schemas are schemas."""
        names = [each["operationId"] for _, _, each in self.operations()]
        self.assertEqual(len(names), len(set(names)))
        for method, path, each in self.operations():
            with self.subTest(operation=f"{method} {path}"):
                jsonschema_rs.validate(OPERATION, each)
                declared = [parameter["name"] for parameter in each["parameters"] if parameter["in"] == "path"]
                self.assertEqual(re.findall(r"\{(\w+)\}", path), declared)
                for name in re.findall(r"'#/components/schemas/([^']+)'", str(each)):
                    self.assertIn(name, self.document["components"]["schemas"])
        for name, schema in self.document["components"]["schemas"].items():
            with self.subTest(schema=name):
                self.assertTrue(jsonschema_rs.meta.is_valid(schema))

    def test_it_says_what_a_route_needs(self) -> None:
        """Policy, microversions, bodies, types of body, statuses, token."""
        create = self.document["paths"]["/compute/v2.1/servers"]["post"]
        self.assertEqual("compute:servers:create", create["x-cumulo-policy"])
        self.assertEqual(["2.1", "2.19", "2.32", "2.33", "2.37", "2.42", "2.52", "2.57", "2.63", "2.67", "2.74", "2.90", "2.94"], [body["since"] for body in create["x-cumulo-bodies"]])
        self.assertEqual([{"token": []}], create["security"])
        self.assertEqual(["202", "4XX"], sorted(create["responses"]))
        self.assertIn("Idempotency-Key", [each["name"] for each in create["parameters"]])
        listing = self.document["paths"]["/compute/v2.1/servers"]["get"]
        self.assertNotIn("Idempotency-Key", [each["name"] for each in listing["parameters"]])
        patch = self.document["paths"]["/image/v2/images/{image_id}"]["patch"]
        self.assertIn("application/openstack-images-v2.1-json-patch", patch["requestBody"]["content"])
        tags = self.document["paths"]["/compute/v2.1/servers/{server_id}/tags"]["get"]
        self.assertEqual("2.26", tags["x-cumulo-since"])
        self.assertEqual([], self.document["paths"]["/identity/v3/auth/tokens"]["post"]["security"])

    def test_errors_have_the_form_it_says(self) -> None:
        for family, path in (("compute", "/compute/v2.1/servers/none"), ("identity", "/identity/v3/users/none"),
                             ("image", "/image/v2/images/none"), ("network", "/network/v2.0/ports/none")):
            answer = self.api.get(path)
            self.assertEqual(404, answer.status_int)
            jsonschema_rs.validate(self.document["components"]["schemas"][f"{family}.error"], answer.json)

    def test_any_token_will_do_and_none_will_not(self) -> None:
        reader = self.api.make_user("reads-openapi", ("reader",))
        self.assertEqual(200, self.api.get(PATH, token=reader).status_int)
        self.assertEqual(401, self.api.get(PATH, token=None).status_int)
