"""Version 2.0 as old clients see it."""

import io
import logging
import unittest
from typing import Any

import webob

from cumulo.api import main as api_main
from tests.fixtures.api import Api
from tests.fixtures.identity import PASSWORD
from tests.functional.test_identity_proofs_api import HEX, ProofCase


class V2Test(ProofCase):
    """/v2.0."""

    def enter(self, status: int = 200, **auth: Any) -> Any:
        """Log in as alice, or otherwise."""
        said = {"passwordCredentials": {"username": "alice", "password": PASSWORD}} if "token" not in auth else {}
        return self.call("POST", "/v2.0/tokens", status, {"auth": said | auth}, token="")

    def test_log_in(self) -> None:
        self.assertEqual("v2.0", self.call("GET", "/v2.0/", 200, token="").json["version"]["id"])
        for auth in ({"tenantName": "alice"}, {"tenantId": self.project["id"]}, {},
                     {"passwordCredentials": {"userId": self.user["id"], "password": PASSWORD}}):
            access = self.enter(**auth).json["access"]
            self.assertEqual((self.project["id"], "alice", ["member", "reader"]), (
                access["token"]["tenant"]["id"], access["user"]["username"],
                [role["name"] for role in access["user"]["roles"]]))
            [compute] = [each for each in access["serviceCatalog"] if each["type"] == "compute"]
            [endpoint] = compute["endpoints"]
            self.assertLess({"region", "publicURL", "internalURL", "adminURL"}, set(endpoint))
            self.assertTrue(self.is_good(access["token"]["id"]))

    def test_token_for_token(self) -> None:
        first = self.enter().json["access"]["token"]
        second = self.enter(token={"id": first["id"]}, tenantName="alice").json["access"]["token"]
        self.assertEqual(first["expires"], second["expires"])

    def test_refused(self) -> None:
        for auth in ({"passwordCredentials": {"username": "alice", "password": "x"}}, {"tenantName": "none"},
                     {"passwordCredentials": {"username": "nobody", "password": PASSWORD}}, {"tenantId": HEX}):
            self.enter(401, **auth)
        elsewhere = self.cloud.make("domain", name="elsewhere")
        user = self.cloud.make("user", name="dora", password=PASSWORD, domain_id=elsewhere["id"])
        self.enter(401, passwordCredentials={"userId": user["id"], "password": PASSWORD})
        for auth in ({"passwordCredentials": {"password": "x"}}, {"token": {}}, {"tenantName": 1}):
            self.enter(400, **auth)

    def test_factors_are_asked_for_here_too(self) -> None:
        self.call("PATCH", self.own, 200, {"user": {"options": {
            "multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}}})
        self.enter(401)

    def test_show(self) -> None:
        token = self.enter().json["access"]["token"]["id"]
        for asker in (self.admin, token):
            shown = self.call("GET", f"/v2.0/tokens/{token}", 200, token=asker).json["access"]
            self.assertEqual(token, shown["token"]["id"])
        self.call("HEAD", f"/v2.0/tokens/{token}", 200)
        self.cloud.member("bob")
        answers = [self.call("GET", f"/v2.0/tokens/{each}", 404, token=self.cloud.token("bob"))
                   for each in (token, "nonsense")]
        self.assertEqual(answers[0].text, answers[1].text)

    def test_tenants(self) -> None:
        tenants = self.call("GET", "/v2.0/tenants", 200, token=self.alice).json["tenants"]
        self.assertEqual(["alice"], [each["name"] for each in tenants])

    def test_tokens_in_paths_are_not_logged(self) -> None:
        stream = io.StringIO()
        handler, root = logging.StreamHandler(stream), logging.getLogger()
        root.addHandler(handler)
        self.addCleanup(root.removeHandler, handler)
        level = root.level
        root.setLevel(logging.INFO)
        self.addCleanup(root.setLevel, level)
        for method, path, status in (("GET", f"/v2.0/tokens/{self.alice}", 200), ("PUT", f"/v2.0/tokens/{self.alice}", 405),
                                     ("GET", f"/v2.0/tokens/{self.alice}/endpoints", 404)):
            self.call(method, path, status)
        self.assertEqual(3, stream.getvalue().count("/v2.0/tokens/***"))
        self.assertNotIn(self.alice, stream.getvalue())


class AdminPortTest(unittest.TestCase):
    """What answers on the admin port."""

    def test_identity_is_at_the_root_too(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        application = api_main.at_the_root(api.application)
        for path, status in (("/v2.0", 200), ("/identity/v2.0", 200), ("/v3", 200), ("/v3/users", 401),
                             ("/compute/v2.1", 200), ("/nothing", 404), ("/volume", 300), ("/object-store", 404)):
            answer = webob.Request.blank(path).get_response(application)
            self.assertEqual(status, answer.status_int, path)
