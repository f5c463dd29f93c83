"""Codes that are good once, and attempts that are counted: logins that cannot be told twice."""

import base64
from typing import Any

import orjson
import webob

from cumulo.identity import totp
from tests.fixtures.identity import PASSWORD
from tests.functional.test_identity_proofs_api import ProofCase


class CodeTest(ProofCase):
    """One-time codes."""

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
