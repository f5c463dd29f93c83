"""The framework: routing, versions, tokens, policy, schemas, faults, request ids."""

import unittest
from typing import Any

import webob
from oslo_policy import policy as oslo_policy

from cumulo.api.services import Services
from cumulo.api.wsgi.app import MAX_BODY_BYTES, Application
from cumulo.api.wsgi.policy import Policy
from cumulo.api.wsgi.route import Family, Reply, Request, Route
from cumulo.common import config, errors
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads

COMPUTE = Family("compute", service_type="compute", min_version="2.1", max_version="2.5",
                 legacy_header="X-OpenStack-Nova-API-Version", request_id_header="X-Compute-Request-Id")
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
          "additionalProperties": False}
WIDER = SCHEMA | {"properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
RULES = (oslo_policy.RuleDefault("thing:delete", "rule:admin_required"),)


class Tokens:
    """Knows two tokens."""

    def hold(self, connection: object, project_id: str) -> None:
        """Every project there is a token for exists."""

    def hold_known(self, connection: object, project_id: str) -> bool:
        """Every project exists but this one."""
        return project_id != "unknown"

    def validate(self, token_id: str) -> Context:
        """Return the holder."""
        if token_id not in ("admin", "member"):
            raise errors.Unauthorized("The request you have made requires authentication.")
        return Context(user_id="u", project_id="p", roles=(token_id,))


def show(request: Request) -> dict[str, Any]:
    """Answer what was asked."""
    return {"id": request.params["thing_id"], "version": request.version}


def create(request: Request) -> dict[str, Any]:
    """Answer the body."""
    return dict(request.body)


def fail(request: Request) -> None:
    """Break."""
    raise RuntimeError("the password is hunter2")


ROUTES = (
    Route("GET", "/", lambda request: Reply({"hello": 1}, status=300), policy=None),
    Route("GET", "/things/{thing_id}", show, policy="rule:any_token"),
    Route("GET", "/things/{thing_id}/late", show, policy="rule:any_token", since="2.3"),
    Route("POST", "/things", create, policy="rule:any_token", status=202, body=((None, SCHEMA), ("2.4", WIDER))),
    Route("DELETE", "/things/{thing_id}", lambda request: None, policy="thing:delete", status=204),
    Route("GET", "/broken", fail, policy="rule:any_token"),
)


class ApplicationTest(unittest.TestCase):
    """One small application."""

    def setUp(self) -> None:
        conf = config.new_config()
        services = Services(conf=conf, database=None, bus=None, clock=Clock(), ids=Ids(),  # type: ignore[arg-type]
                            threads=Threads(), tokens=Tokens(), policy=Policy(conf, RULES),
                            image_stores=None, image_staging=None)
        self.application = Application(COMPUTE, ROUTES, services)

    def send(self, method: str, path: str, body: bytes = b"", token: str | None = "member",
             **headers: str) -> webob.Response:
        """Send a request; header names have underscores."""
        request = webob.Request.blank(path, method=method, body=body)
        if token:
            request.headers["X-Auth-Token"] = token
        for name, value in headers.items():
            request.headers[name.replace("_", "-")] = value
        return request.get_response(self.application)

    def test_answer_and_headers(self) -> None:
        answer = self.send("GET", "/things/7")
        self.assertEqual((answer.status_int, answer.json), (200, {"id": "7", "version": [2, 1]}))
        self.assertEqual(answer.headers["OpenStack-API-Version"], "compute 2.1")
        self.assertEqual(answer.headers["X-OpenStack-Nova-API-Version"], "2.1")
        self.assertRegex(answer.headers["X-Openstack-Request-Id"], "^req-")
        self.assertEqual(answer.headers["X-Compute-Request-Id"], answer.headers["X-Openstack-Request-Id"])

    def test_versions(self) -> None:
        cases = {"compute 2.3": (200, [2, 3]), "compute latest": (200, [2, 5]), "compute 2.9": (406, None),
                 "compute two": (400, None), "volume 3.1": (200, [2, 1])}
        for header, (status, version) in cases.items():
            with self.subTest(header):
                answer = self.send("GET", "/things/7", OpenStack_API_Version=header)
                self.assertEqual((answer.status_int, answer.json.get("version")), (status, version))

    def test_new_header_wins(self) -> None:
        answer = self.send("GET", "/things/7", OpenStack_API_Version="compute 2.2", X_OpenStack_Nova_API_Version="2.3")
        self.assertEqual(answer.json["version"], [2, 2])

    def test_route_of_a_later_version_is_not_found(self) -> None:
        self.assertEqual(self.send("GET", "/things/7/late").status_int, 404)
        self.assertEqual(self.send("GET", "/things/7/late", OpenStack_API_Version="compute 2.3").status_int, 200)

    def test_without_or_with_a_wrong_token(self) -> None:
        for token in (None, "wrong"):
            answer = self.send("GET", "/things/7", token=token)
            self.assertEqual((answer.status_int, answer.json["unauthorized"]["code"]), (401, 401))
            self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Keystone uri="))

    def test_open_route_needs_no_token(self) -> None:
        self.assertEqual(self.send("GET", "/", token=None).status_int, 300)

    def test_unknown_path_and_method(self) -> None:
        self.assertEqual(self.send("GET", "/nothing").json["itemNotFound"]["code"], 404)
        answer = self.send("PUT", "/things/7")
        self.assertEqual((answer.status_int, answer.headers["Allow"]), (405, "DELETE, GET"))

    def test_policy(self) -> None:
        self.assertEqual(self.send("DELETE", "/things/7").status_int, 403)
        self.assertEqual(self.send("DELETE", "/things/7", token="admin").status_int, 204)

    def test_bodies(self) -> None:
        for body, status in ((b'{"name":"a"}', 202), (b"", 400), (b"{", 400), (b'{"name":1}', 400), (b"[]", 400),
                             (b'{"name":"\xff"}', 400), (b'{"name":"a\\u0000"}', 400), (b'{"name":"a","x":1}', 400),
                             (b'{"name":"' + b"a" * MAX_BODY_BYTES + b'"}', 413), (b"NaN", 400)):
            with self.subTest(body[:20]):
                self.assertEqual(self.send("POST", "/things", body).status_int, status)

    def test_schema_of_the_version(self) -> None:
        body = b'{"name":"a","size":1}'
        self.assertEqual(self.send("POST", "/things", body, OpenStack_API_Version="compute 2.3").status_int, 400)
        self.assertEqual(self.send("POST", "/things", body, OpenStack_API_Version="compute 2.4").status_int, 202)

    def test_unknown_exception_says_the_request_id_only(self) -> None:
        with self.assertLogs("cumulo.api.wsgi.app", "ERROR"):
            answer = self.send("GET", "/broken")
        self.assertEqual(answer.status_int, 500)
        self.assertIn(answer.headers["X-Openstack-Request-Id"], answer.text)
        self.assertNotIn("hunter2", answer.text)

    def test_bad_utf8_in_the_url(self) -> None:
        self.assertEqual(self.send("GET", "/things/%ff").status_int, 400)
        self.assertEqual(self.send("GET", "/things/a?x=%ff").status_int, 400)
