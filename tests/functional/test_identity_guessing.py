"""Codes that are good once, attempts and uses that are counted: logins that cannot be told twice."""

import base64
from typing import Any

import orjson
import webob

from cumulo.identity import totp
from tests.fixtures.identity import PASSWORD
from tests.functional.test_identity_proofs_api import ProofCase


class CodeCase(ProofCase):
    """A case in which alice has a secret for one-time codes."""

    def setUp(self) -> None:
        super().setUp()
        self.secret = base64.b32encode(b"twenty bytes of this").decode()
        self.call("POST", "/v3/credentials", 201, {"credential": {"type": "totp", "blob": self.secret}},
                  token=self.alice)

    def section(self, passcode: str, name: str = "alice") -> dict[str, Any]:
        """Return auth/identity/totp."""
        return {"user": {"name": name, "domain": {"id": "default"}, "passcode": passcode}}

    def code(self, steps_ago: int = 0) -> str:
        """Return the code of now, or an earlier one."""
        return totp.code(self.secret, int(self.cloud.clock.now() // totp.STEP_S) - steps_ago)


class CodeTest(CodeCase):
    """One-time codes."""

    def test_a_code_is_good_once(self) -> None:
        self.assertEqual(["totp"], self.prove(201, "totp", self.section(self.code())).json["token"]["methods"])
        self.prove(401, "totp", self.section(self.code()))
        self.prove(401, "totp", self.section(self.code(1)))
        self.cloud.clock.passed_s += totp.STEP_S
        self.prove(201, "totp", self.section(self.code()))

    def test_the_code_before_is_good_too_and_no_older_one(self) -> None:
        self.prove(401, "totp", self.section(self.code(2)))
        self.prove(201, "totp", self.section(self.code(1)))

    def test_wrong_codes_look_alike(self) -> None:
        self.cloud.member("bob")
        answers = [self.prove(401, "totp", section) for section in (
            self.section("000000"), self.section("é"), self.section(self.code(), "bob"),
            self.section(self.code(), "nobody"))]
        self.assertEqual(1, len({answer.text for answer in answers}))

    def test_with_a_password(self) -> None:
        user = {"name": "alice", "domain": {"id": "default"}}
        identity = {"methods": ["password", "totp"], "password": {"user": {**user, "password": PASSWORD}},
                    "totp": self.section(self.code())}
        answer = self.call("POST", "/v3/auth/tokens", 201, {"auth": {"identity": identity}}, token="")
        self.assertEqual(["password", "totp"], answer.json["token"]["methods"])


class AttemptsTest(ProofCase):
    """Who is wrong too often waits."""

    def test_whoever_is_named(self) -> None:
        for name in ("alice", "nobody"):
            answers = [self.cloud.log_in(name, "wrong") for _ in range(12)]
            self.assertEqual([401] * 10 + [429] * 2, [answer.status_int for answer in answers])
            self.assertEqual("300", answers[-1].headers["Retry-After"])
        self.assertEqual(429, self.cloud.log_in("alice").status_int)
        self.assertEqual(201, self.cloud.log_in("admin").status_int)
        self.cloud.clock.passed_s += 300
        self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_a_right_one_forgets_them(self) -> None:
        for _ in range(3):
            for _ in range(9):
                self.assertEqual(401, self.cloud.log_in("alice", "wrong").status_int)
            self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_other_addresses_do_not_wait(self) -> None:
        for _ in range(11):
            self.cloud.log_in("alice", "wrong")
        request = webob.Request.blank("/v3/auth/tokens", method="POST", environ={"REMOTE_ADDR": "192.0.2.1"})
        request.body = orjson.dumps({"auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": "alice", "domain": {"id": "default"}, "password": PASSWORD}}}}})
        self.assertEqual(201, request.get_response(self.cloud.application).status_int)

    def test_it_can_be_turned_off(self) -> None:
        self.cloud.conf.set_override("failed_logins_max", 0, "identity")
        self.assertEqual({401}, {self.cloud.log_in("alice", "wrong").status_int for _ in range(30)})


class FactorsTest(CodeCase):
    """Users who must show several factors, and receipts for those shown so far."""

    def setUp(self) -> None:
        super().setUp()
        self.must([["password", "totp"]])

    def must(self, rules: list[list[str]], *, enabled: bool = True) -> None:
        """Give alice rules."""
        self.call("PATCH", self.own, 200, {"user": {"options": {
            "multi_factor_auth_enabled": enabled, "multi_factor_auth_rules": rules}}})

    def password(self, status: int, **more: Any) -> Any:
        """Show the password alone."""
        return self.prove(status, "password", {"user": {"name": "alice", "domain": {"id": "default"},
                                                        "password": PASSWORD}}, **more)

    def test_one_after_the_other(self) -> None:
        answer = self.password(401)
        self.assertEqual([["password", "totp"]], answer.json["required_auth_methods"])
        self.assertEqual((["password"], "alice"), (answer.json["receipt"]["methods"],
                                                   answer.json["receipt"]["user"]["name"]))
        receipt = {"Openstack_Auth_Receipt": answer.headers["Openstack-Auth-Receipt"]}
        whole = self.prove(201, "totp", self.section(self.code()), **receipt)
        self.assertEqual({"password", "totp"}, set(whole.json["token"]["methods"]))
        # A token remembers what was shown.
        self.prove(201, "token", {"id": whole.headers["X-Subject-Token"]})

    def test_a_receipt_ends(self) -> None:
        receipt = {"Openstack_Auth_Receipt": self.password(401).headers["Openstack-Auth-Receipt"]}
        self.cloud.clock.passed_s += 301
        self.prove(401, "totp", self.section(self.code()), **receipt)
        receipt = {"Openstack_Auth_Receipt": self.password(401).headers["Openstack-Auth-Receipt"]}
        self.admin = self.cloud.token()
        self.call("PATCH", self.own, 200, {"user": {"password": PASSWORD}})
        answer = self.prove(401, "totp", self.section(self.code()), **receipt)
        self.assertNotIn("receipt", answer.json)

    def test_what_is_no_receipt(self) -> None:
        other = self.cloud.member("bob")[0]
        self.call("PATCH", f"/v3/users/{other['id']}", 200, {"user": {"options": {
            "multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}}})
        bobs = self.prove(401, "password", {"user": {"id": other["id"], "password": PASSWORD}}).headers[
            "Openstack-Auth-Receipt"]
        for text in ("x", "é", self.alice, "x" * 5000, bobs):
            self.cloud.clock.passed_s += totp.STEP_S
            answer = self.prove(401, "totp", self.section(self.code()), Openstack_Auth_Receipt=text)
            self.assertNotIn("receipt", answer.json)
        self.call("GET", "/v3/auth/projects", 401, token=bobs)
        self.prove(404, "token", {"id": bobs})

    def test_an_earlier_token_is_not_enough(self) -> None:
        self.must([], enabled=False)
        token = self.password(201).headers["X-Subject-Token"]
        self.must([["password", "totp"]])
        self.prove(401, "token", {"id": token})

    def test_rules_that_are_off(self) -> None:
        self.must([["password", "totp"]], enabled=False)
        self.password(201)
        self.must([["totp"], ["password"]])
        self.password(201)


class ExternalTest(ProofCase):
    """Somebody in front of this API says who it is."""

    def log_in(self, **environ: str) -> Any:
        """Log in with what the server's environment holds."""
        request = webob.Request.blank("/v3/auth/tokens", method="POST", environ=environ)
        request.body = orjson.dumps({"auth": {"identity": {"methods": ["external"]}}})
        return request.get_response(self.cloud.application)

    def test_external(self) -> None:
        self.assertEqual(401, self.log_in(REMOTE_USER="alice").status_int)
        self.cloud.conf.set_override("auth_methods", ["password", "external"], "identity")
        answer = self.log_in(REMOTE_USER="alice")
        self.assertEqual((201, ["external"]), (answer.status_int, answer.json["token"]["methods"]))
        self.assertEqual(201, self.log_in(REMOTE_USER="alice", REMOTE_DOMAIN="Default").status_int)
        for environ in ({}, {"REMOTE_USER": "nobody"}, {"REMOTE_USER": "alice", "REMOTE_DOMAIN": "other"},
                        {"HTTP_REMOTE_USER": "alice"}):
            self.assertEqual(401, self.log_in(**environ).status_int)
        self.call("PATCH", self.own, 200, {"user": {"enabled": False}})
        self.assertEqual(401, self.log_in(REMOTE_USER="alice").status_int)


class UsesTest(ProofCase):
    """Trusts that are good for so many tokens."""

    def test_uses_are_counted(self) -> None:
        bob, _ = self.cloud.member("bob")
        made = self.call("POST", "/v3/OS-TRUST/trusts", 201, {"trust": {
            "trustor_user_id": self.user["id"], "trustee_user_id": bob["id"], "impersonation": True,
            "project_id": self.project["id"], "roles": [{"name": "member"}], "remaining_uses": 2}}, token=self.alice)
        trust, token = made.json["trust"], self.cloud.token("bob")
        scope = {"OS-TRUST:trust": {"id": trust["id"]}}
        first = self.prove(201, "token", {"id": token}, scope).headers["X-Subject-Token"]
        self.prove(201, "token", {"id": first})
        self.prove(201, "token", {"id": token}, scope)
        self.prove(401, "token", {"id": token}, scope)
        self.assertTrue(self.is_good(first))
        self.call("GET", f"/v3/OS-TRUST/trusts/{trust['id']}", 404, token=self.alice)
