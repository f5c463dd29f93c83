"""Ways to log in beside passwords, as clients see them."""

import base64
import datetime
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import orjson
import sqlalchemy as sa

from cumulo.common.db.tables.identity_credential import credential
from tests.fixtures.identity import PASSWORD
from tests.functional.test_identity_api import IdentityCase

HEX = "0" * 32


class ProofCase(IdentityCase):
    """A case with the user alice, a member of her own project."""

    def setUp(self) -> None:
        super().setUp()
        self.user, self.project = self.cloud.member("alice", "member")
        self.alice = self.cloud.token("alice")
        self.own = f"/v3/users/{self.user['id']}"

    def prove(self, status: int, method: str, section: Any, scope: Any = None, **more: Any) -> Any:
        """Log in with one method, check the status, return the answer."""
        auth = {"identity": {"methods": [method], method: section}} | ({} if scope is None else {"scope": scope})
        return self.call("POST", "/v3/auth/tokens", status, {"auth": auth}, token="", **more)


class ApplicationCredentialTest(ProofCase):
    """/v3/users/{user_id}/application_credentials."""

    def make(self, name: str = "robot", status: int = 201, *, token: str | None = None, **values: Any) -> Any:
        """Create one as alice."""
        answer = self.call("POST", f"{self.own}/application_credentials", status,
                           {"application_credential": {"name": name, **values}}, token=token or self.alice)
        return answer.json["application_credential"] if status == 201 else answer

    def test_create_list_show_delete(self) -> None:
        made = self.make(description="for CI")
        self.assertGreaterEqual(len(made["secret"]), 80)
        self.assertEqual((False, None, self.project["id"]),
                         (made["unrestricted"], made["expires_at"], made["project_id"]))
        self.assertEqual(["member", "reader"], [role["name"] for role in made["roles"]])
        listed = self.call("GET", f"{self.own}/application_credentials?name=robot", 200, token=self.alice).json
        self.assertEqual([made["id"]], [each["id"] for each in listed["application_credentials"]])
        path = f"{self.own}/application_credentials/{made['id']}"
        shown = self.call("GET", path, 200, token=self.alice).json["application_credential"]
        self.assertNotIn("secret", shown)
        self.assertEqual(made, shown | {"secret": made["secret"]})
        self.call("DELETE", path, 204, token=self.alice)
        self.call("GET", path, 404, token=self.alice)
        self.call("DELETE", path, 404, token=self.alice)

    def test_log_in(self) -> None:
        made = self.make()
        by_id = {"id": made["id"], "secret": made["secret"]}
        by_name = {"name": "robot", "secret": made["secret"],
                   "user": {"name": "alice", "domain": {"id": "default"}}}
        for section in (by_id, by_name):
            answer = self.prove(201, "application_credential", section)
            token = answer.json["token"]
            self.assertEqual(self.project["id"], token["project"]["id"])
            self.assertEqual(["application_credential"], token["methods"])
            self.assertEqual({"id": made["id"], "name": "robot", "restricted": True}, token["application_credential"])
            self.assertEqual(["member", "reader"], [role["name"] for role in token["roles"]])
            self.assertTrue(self.is_good(answer.headers["X-Subject-Token"]))

    def test_wrong_ones_look_alike(self) -> None:
        made = self.make()
        user = {"name": "alice", "domain": {"id": "default"}}
        answers = [self.prove(401, "application_credential", section) for section in (
            {"id": made["id"], "secret": "wrong"}, {"id": HEX, "secret": made["secret"]},
            {"name": "robot", "user": user, "secret": "x"}, {"name": "none", "user": user, "secret": made["secret"]},
            {"name": "robot", "user": {"id": HEX}, "secret": made["secret"]})]
        self.assertEqual(1, len({answer.text for answer in answers}))
        self.prove(400, "application_credential", {"name": "robot", "secret": "x"})
        self.prove(400, "application_credential", {"id": made["id"]})

    def test_own_secret_and_fewer_roles(self) -> None:
        made = self.make(secret="known to alice", roles=[{"name": "reader"}])
        token = self.prove(201, "application_credential", {"id": made["id"], "secret": "known to alice"}).json["token"]
        self.assertEqual(["reader"], [role["name"] for role in token["roles"]])

    def test_no_other_scope(self) -> None:
        made = self.make()
        section = {"id": made["id"], "secret": made["secret"]}
        first = self.prove(201, "application_credential", section).headers["X-Subject-Token"]
        for scope in ("unscoped", {"system": {"all": True}}, {"project": {"id": HEX}}, {"domain": {"id": "default"}}):
            self.prove(401, "application_credential", section, scope)
            self.prove(401, "token", {"id": first}, scope)
        again = self.prove(201, "token", {"id": first}, {"project": {"id": self.project["id"]}}).json["token"]
        self.assertEqual(made["id"], again["application_credential"]["id"])
        self.assertEqual(["application_credential", "token"], again["methods"])

    def test_what_cannot_be_handed_on(self) -> None:
        self.make("a", 400, roles=[{"name": "admin"}])
        self.make("b", 400, roles=[{"id": HEX}])
        self.make("c", 400, expires_at="2001-01-01T00:00:00Z")
        self.make("d", 400, expires_at="soon")
        self.make("e", 400, access_rules=[{}])
        self.make("f", 400, token=self.cloud.token("alice", scope="unscoped"))
        self.make("g")
        self.make("g", 409)
        self.make("h", 403, token=self.admin)

    def test_ends_with_its_time(self) -> None:
        made = self.make(expires_at="2026-02-02T02:50:00")  # ten minutes after the cloud's beginning
        self.assertEqual("2026-02-02T02:50:00.000000", made["expires_at"])
        section = {"id": made["id"], "secret": made["secret"]}
        answer = self.prove(201, "application_credential", section)
        self.assertEqual("2026-02-02T02:50:00.000000Z", answer.json["token"]["expires_at"])
        self.cloud.clock.passed_s += 601
        self.assertFalse(self.is_good(answer.headers["X-Subject-Token"]))
        self.prove(401, "application_credential", section)

    def test_ends_with_what_it_hands_on(self) -> None:
        made = self.make()
        section = {"id": made["id"], "secret": made["secret"]}
        token = self.prove(201, "application_credential", section).headers["X-Subject-Token"]
        role = f"/v3/projects/{self.project['id']}/users/{self.user['id']}/roles/{self.cloud.role_id('member')}"
        self.call("DELETE", role, 204)
        self.assertFalse(self.is_good(token))
        self.prove(401, "application_credential", section)

    def test_deleting_it_refuses_its_tokens(self) -> None:
        made = self.make()
        token = self.prove(201, "application_credential", {"id": made["id"], "secret": made["secret"]})
        self.call("DELETE", f"{self.own}/application_credentials/{made['id']}", 204, token=self.alice)
        self.assertFalse(self.is_good(token.headers["X-Subject-Token"]))
        self.assertTrue(self.is_good(self.alice))

    def test_it_goes_with_its_user(self) -> None:
        made = self.make(access_rules=[{"service": "compute", "method": "GET", "path": "/v2.1/servers"}])
        self.call("DELETE", self.own, 204)
        self.prove(401, "application_credential", {"id": made["id"], "secret": made["secret"]})
        self.call("GET", f"{self.own}/application_credentials", 404)

    def test_it_goes_with_its_project(self) -> None:
        made = self.make()
        self.call("DELETE", f"/v3/projects/{self.project['id']}", 204)
        self.prove(401, "application_credential", {"id": made["id"], "secret": made["secret"]})

    def test_a_restricted_one_makes_no_others(self) -> None:
        made = self.make()
        robot = self.prove(201, "application_credential", {"id": made["id"], "secret": made["secret"]})
        token = robot.headers["X-Subject-Token"]
        self.make("second", 403, token=token)
        self.call("DELETE", f"{self.own}/application_credentials/{made['id']}", 403, token=token)
        free = self.make("free", unrestricted=True)
        robot = self.prove(201, "application_credential", {"id": free["id"], "secret": free["secret"]})
        self.make("third", token=robot.headers["X-Subject-Token"])

    def test_access_rules(self) -> None:
        rules = [{"service": "identity", "method": "GET", "path": "/v3/auth/projects"},
                 {"service": "identity", "method": "GET", "path": "/v3/users/*/projects"}]
        made = self.make(access_rules=rules)
        self.assertEqual(rules, [{key: each[key] for key in ("service", "method", "path")}
                                 for each in made["access_rules"]])
        answer = self.prove(201, "application_credential", {"id": made["id"], "secret": made["secret"]})
        robot = answer.headers["X-Subject-Token"]
        self.assertEqual(made["access_rules"], answer.json["token"]["application_credential"]["access_rules"])
        self.call("GET", "/v3/auth/projects", 200, token=robot)
        self.call("GET", f"{self.own}/projects", 200, token=robot)
        self.call("GET", "/v3/auth/domains", 401, token=robot)
        self.call("GET", self.own, 401, token=robot)
        again = self.prove(201, "token", {"id": robot}).headers["X-Subject-Token"]
        self.call("GET", "/v3/auth/domains", 401, token=again)

    def test_no_access_rules(self) -> None:
        """Null and an empty list, which the standard client sends, are the same as none: nothing is limited."""
        for number, rules in enumerate((None, [])):
            made = self.make(f"robot-{number}", access_rules=rules)
            self.assertNotIn("access_rules", made)

    def test_access_rules_are_kept_and_used_again(self) -> None:
        rule = {"service": "compute", "method": "GET", "path": "/v2.1/servers"}
        first = self.make("first", access_rules=[rule])["access_rules"]
        self.assertEqual(first, self.make("second", access_rules=[rule])["access_rules"])
        self.assertEqual(first, self.make("third", access_rules=[{"id": first[0]["id"]}])["access_rules"])
        self.make("fourth", 400, access_rules=[{"id": HEX}])
        listed = self.call("GET", f"{self.own}/access_rules?service=compute", 200, token=self.alice).json
        self.assertEqual([first[0]["id"]], [each["id"] for each in listed["access_rules"]])
        path = f"{self.own}/access_rules/{first[0]['id']}"
        self.assertEqual("GET", self.call("GET", path, 200, token=self.alice).json["access_rule"]["method"])
        self.call("DELETE", path, 403, token=self.alice)
        for each in self.call("GET", f"{self.own}/application_credentials", 200,
                              token=self.alice).json["application_credentials"]:
            self.call("DELETE", f"{self.own}/application_credentials/{each['id']}", 204, token=self.alice)
        self.call("DELETE", path, 204, token=self.alice)
        self.call("GET", path, 404, token=self.alice)

    def test_others_may_not(self) -> None:
        made = self.make()
        self.cloud.member("bob")
        bob = self.cloud.token("bob", PASSWORD)
        for method, path in (("GET", ""), ("GET", f"/{made['id']}"), ("DELETE", f"/{made['id']}")):
            self.call(method, f"{self.own}/application_credentials{path}", 403, token=bob)
        self.call("DELETE", f"{self.own}/application_credentials/{made['id']}", 204)


class CredentialTest(ProofCase):
    """/v3/credentials and access keys."""

    def make(self, status: int = 201, *, token: str | None = None, **values: Any) -> Any:
        """Create one, as alice unless said otherwise."""
        answer = self.call("POST", "/v3/credentials", status, {"credential": values}, token=token or self.alice)
        return answer.json["credential"] if status == 201 else answer

    def blob(self, access: str = "key", secret: str = "secret") -> str:
        """Return the blob of an access key."""
        return orjson.dumps({"access": access, "secret": secret}).decode()

    def test_create_show_change_delete(self) -> None:
        made = self.make(type="ec2", blob=self.blob(), project_id=self.project["id"])
        self.assertEqual((hashlib.sha256(b"key").hexdigest(), self.user["id"]), (made["id"], made["user_id"]))
        path = f"/v3/credentials/{made['id']}"
        self.assertEqual(made, self.call("GET", path, 200, token=self.alice).json["credential"])
        changed = self.call("PATCH", path, 200, {"credential": {"blob": self.blob("other")}}, token=self.alice)
        self.assertEqual(self.blob("other"), changed.json["credential"]["blob"])
        self.call("GET", f"{self.own}/credentials/OS-EC2/other", 200, token=self.alice)
        self.call("GET", f"{self.own}/credentials/OS-EC2/key", 404, token=self.alice)
        listed = self.call("GET", "/v3/credentials?type=ec2", 200, token=self.alice).json["credentials"]
        self.assertEqual([made["id"]], [each["id"] for each in listed])
        self.call("DELETE", path, 204, token=self.alice)
        self.call("GET", path, 404, token=self.alice)

    def test_nothing_readable_is_stored(self) -> None:
        self.make(type="ec2", blob=self.blob("my access", "my secret"), project_id=self.project["id"])
        with self.cloud.database.read() as connection:
            [row] = connection.execute(sa.select(credential)).mappings().all()
        for text in map(str, row.values()):
            self.assertNotIn("my ", text)

    def test_what_is_refused(self) -> None:
        self.make(400, type="ec2", blob=self.blob())
        for blob in ("{", "[]", "1", '{"access": "a"}', '{"access": 1, "secret": "b"}', '{"access": "", "secret": "b"}'):
            self.make(400, type="ec2", blob=blob, project_id=self.project["id"])
        for blob in ("é", "abc", "A", "AAAA"):
            self.make(400, type="totp", blob=blob)
        foreign = self.cloud.make("project", name="foreign", domain_id="default")["id"]
        answers = [self.make(400, type="x", blob="b", project_id=each) for each in (foreign, HEX)]
        self.assertEqual(answers[0].text, answers[1].text)
        self.make(403, type="x", blob="b", user_id=HEX)
        self.make(400, type="x", blob="b", user_id=HEX, token=self.admin)
        self.make(400, type="x", blob="b", project_id=HEX, token=self.admin)
        self.make(type="ec2", blob=self.blob(), project_id=self.project["id"])
        self.make(409, type="ec2", blob=self.blob(), project_id=self.project["id"])

    def test_others_see_nothing(self) -> None:
        made = self.make(type="x", blob="b")
        self.cloud.member("bob")
        bob = self.cloud.token("bob")
        path = f"/v3/credentials/{made['id']}"
        for method, body in (("GET", None), ("PATCH", {"credential": {"blob": "c"}}), ("DELETE", None)):
            self.call(method, path, 404, body, token=bob)
        self.assertEqual([], self.call("GET", f"/v3/credentials?user_id={self.user['id']}", 200,
                                       token=bob).json["credentials"])
        self.call("PATCH", path, 403, {"credential": {"user_id": HEX}}, token=self.alice)
        self.call("GET", path, 200)
        self.call("PATCH", path, 200, {"credential": {"project_id": self.project["id"]}})

    def test_access_keys(self) -> None:
        keys = f"{self.own}/credentials/OS-EC2"
        made = self.call("POST", keys, 201, {"tenant_id": self.project["id"]}, token=self.alice).json["credential"]
        self.assertEqual((self.user["id"], self.project["id"], None),
                         (made["user_id"], made["tenant_id"], made["trust_id"]))
        path = f"{keys}/{made['access']}"
        self.assertEqual(made, self.call("GET", path, 200, token=self.alice).json["credential"])
        self.assertEqual([made], self.call("GET", keys, 200, token=self.alice).json["credentials"])
        self.call("POST", keys, 400, {"tenant_id": HEX}, token=self.alice)
        self.cloud.member("bob")
        self.call("GET", path, 403, token=self.cloud.token("bob"))
        self.call("DELETE", path, 204, token=self.alice)
        self.call("DELETE", path, 404, token=self.alice)

    def test_a_restricted_token_reads_no_secrets(self) -> None:
        key = self.make(type="ec2", blob=self.blob(), project_id=self.project["id"])
        robot = self.call("POST", f"{self.own}/application_credentials", 201, {"application_credential": {
            "name": "robot", "secret": "s"}}, token=self.alice).json["application_credential"]
        token = self.prove(201, "application_credential", {"id": robot["id"], "secret": "s"}).headers["X-Subject-Token"]
        for path in ("/v3/credentials", f"/v3/credentials/{key['id']}", f"{self.own}/credentials/OS-EC2",
                     f"{self.own}/credentials/OS-EC2/key"):
            self.call("GET", path, 403, token=token)


class SignatureTest(ProofCase):
    """/v3/ec2tokens and /v3/s3tokens."""

    def setUp(self) -> None:
        super().setUp()
        self.key = self.call("POST", f"{self.own}/credentials/OS-EC2", 201, {"tenant_id": self.project["id"]},
                             token=self.alice).json["credential"]

    def signed(self, **changes: Any) -> dict[str, Any]:
        """Return an EC2 request (signature version 2) signed by alice now, with changes after that."""
        moment = datetime.datetime.fromtimestamp(self.cloud.clock.now(), datetime.UTC)
        params = {"SignatureVersion": "2", "SignatureMethod": "HmacSHA256", "AWSAccessKeyId": self.key["access"],
                  "Timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "Action": "Describe it"}
        query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(params.items()))
        made = hmac.digest(self.key["secret"].encode(), f"GET\ncloud.example\n/\n{query}".encode(), "sha256")
        return {"access": self.key["access"], "signature": base64.b64encode(made).decode(), "host": "cloud.example",
                "verb": "GET", "path": "/", "params": params, "headers": {}, "body_hash": ""} | changes

    def test_ec2(self) -> None:
        for name in ("credentials", "ec2Credentials"):
            answer = self.call("POST", "/v3/ec2tokens", 200, {name: self.signed()})
            token = answer.json["token"]
            self.assertEqual((self.user["id"], self.project["id"], ["ec2credential"]),
                             (token["user"]["id"], token["project"]["id"], token["methods"]))
            self.assertTrue(self.is_good(answer.headers["X-Subject-Token"]))

    def test_wrong_signatures_look_alike(self) -> None:
        good = self.signed()
        old = good["params"] | {"Timestamp": "2001-01-01T00:00:00Z"}
        answers = [self.call("POST", "/v3/ec2tokens", 401, {"credentials": self.signed(**changes)}) for changes in (
            {"signature": "x"}, {"access": "nobody"}, {"params": old}, {"verb": "POST"}, {"path": "/other"},
            {"params": {}}, {"params": good["params"] | {"SignatureVersion": "1"}})]
        self.assertEqual(1, len({answer.text for answer in answers}))
        self.cloud.clock.passed_s += 901
        self.call("POST", "/v3/ec2tokens", 401, {"credentials": good}, token=self.cloud.token())

    def test_only_services_may_ask(self) -> None:
        self.call("POST", "/v3/ec2tokens", 403, {"credentials": self.signed()}, token=self.alice)
        self.call("POST", "/v3/ec2tokens", 401, {"credentials": self.signed()}, token="")

    def test_the_key_is_worth_what_its_user_is(self) -> None:
        self.call("PATCH", self.own, 200, {"user": {"enabled": False}})
        self.call("POST", "/v3/ec2tokens", 401, {"credentials": self.signed()})

    def test_s3(self) -> None:
        text = b"GET\n\n\nMon, 02 Feb 2026 02:40:00 GMT\n/bucket"
        signature = base64.b64encode(hmac.digest(self.key["secret"].encode(), text, "sha1")).decode()
        asked = {"access": self.key["access"], "token": base64.urlsafe_b64encode(text).decode(),
                 "signature": signature}
        answer = self.call("POST", "/v3/s3tokens", 200, {"credentials": asked})
        self.assertEqual(self.user["id"], answer.json["token"]["user"]["id"])
        self.assertNotIn("X-Subject-Token", answer.headers)
        for changes in ({"signature": "x"}, {"token": "é"}, {"access": "nobody"}):
            self.call("POST", "/v3/s3tokens", 401, {"credentials": asked | changes})


class TrustTest(ProofCase):
    """/v3/OS-TRUST/trusts: alice trusts bob."""

    def setUp(self) -> None:
        super().setUp()
        self.bob_user, _ = self.cloud.member("bob")
        self.bob = self.cloud.token("bob")

    def make(self, status: int = 201, *, token: str | None = None, **values: Any) -> Any:
        """Let bob work in alice's project with her role member, or otherwise."""
        asked = {"trustor_user_id": self.user["id"], "trustee_user_id": self.bob_user["id"], "impersonation": True,
                 "project_id": self.project["id"], "roles": [{"name": "member"}]} | values
        answer = self.call("POST", "/v3/OS-TRUST/trusts", status, {"trust": asked}, token=token or self.alice)
        return answer.json["trust"] if status == 201 else answer

    def enter(self, trust: Any, status: int = 201, token: str | None = None) -> Any:
        """Get a token of the trust as bob."""
        return self.prove(status, "token", {"id": token or self.bob}, {"OS-TRUST:trust": {"id": trust["id"]}})

    def test_create_list_show_delete(self) -> None:
        made = self.make(expires_at="2030-01-01T00:00:00.000000Z", remaining_uses=3)
        self.assertEqual(("2030-01-01T00:00:00.000000Z", 3, 0, ["member"]), (
            made["expires_at"], made["remaining_uses"], made["redelegation_count"],
            [each["name"] for each in made["roles"]]))
        path = f"/v3/OS-TRUST/trusts/{made['id']}"
        for token in (self.alice, self.bob, self.admin):
            self.assertEqual(made, self.call("GET", path, 200, token=token).json["trust"])
        roles = self.call("GET", f"{path}/roles", 200, token=self.bob).json["roles"]
        for method in ("GET", "HEAD"):
            self.call(method, f"{path}/roles/{roles[0]['id']}", 200, token=self.bob)
        self.call("GET", f"{path}/roles/{HEX}", 404, token=self.bob)
        self.call("DELETE", path, 403, token=self.bob)
        self.call("DELETE", path, 204, token=self.alice)
        self.call("GET", path, 404, token=self.alice)
        self.call("DELETE", path, 404, token=self.alice)

    def test_lists(self) -> None:
        made = self.make()
        for token, query in ((self.alice, f"trustor_user_id={self.user['id']}"), (self.admin, ""),
                             (self.bob, f"trustee_user_id={self.bob_user['id']}")):
            [shown] = self.call("GET", f"/v3/OS-TRUST/trusts?{query}", 200, token=token).json["trusts"]
            self.assertEqual(made["id"], shown["id"])
            self.assertNotIn("roles", shown)
        self.call("GET", "/v3/OS-TRUST/trusts/", 403, token=self.alice)
        self.call("GET", f"/v3/OS-TRUST/trusts?trustor_user_id={self.user['id']}", 403, token=self.cloud.token(
            self.cloud.member("carol")[0]["name"]))

    def test_in_the_trustors_name_or_in_their_own(self) -> None:
        for impersonation, expected in ((True, self.user), (False, self.bob_user)):
            trust = self.make(impersonation=impersonation)
            answer = self.enter(trust)
            token = answer.json["token"]
            self.assertEqual((expected["id"], self.project["id"]), (token["user"]["id"], token["project"]["id"]))
            self.assertEqual(["member", "reader"], [role["name"] for role in token["roles"]])
            self.assertEqual({"id": trust["id"], "impersonation": impersonation,
                              "trustor_user": {"id": self.user["id"]},
                              "trustee_user": {"id": self.bob_user["id"]}}, token["OS-TRUST:trust"])
            self.assertTrue(self.is_good(answer.headers["X-Subject-Token"]))

    def test_only_the_trustee_enters(self) -> None:
        trust = self.make()
        answers = [self.enter(trust, 401, self.alice), self.enter(trust, 401, self.admin), self.enter({"id": HEX}, 401)]
        self.assertEqual(1, len({answer.text for answer in answers}))
        token = self.enter(trust).headers["X-Subject-Token"]
        other = self.make(impersonation=False)
        self.enter(other, 401, token)
        for scope in ("unscoped", {"project": {"id": HEX}}):
            self.prove(401, "token", {"id": token}, scope)

    def test_it_ends_with_its_time(self) -> None:
        trust = self.make(expires_at="2026-02-02T02:50:00Z")
        answer = self.enter(trust)
        self.assertEqual("2026-02-02T02:50:00.000000Z", answer.json["token"]["expires_at"])
        self.cloud.clock.passed_s += 601
        self.enter(trust, 401, self.cloud.token("bob"))
        self.call("GET", f"/v3/OS-TRUST/trusts/{trust['id']}", 404, token=self.cloud.token("alice"))

    def test_it_ends_with_what_it_hands_on(self) -> None:
        role = f"/v3/projects/{self.project['id']}/users/{self.user['id']}/roles/{self.cloud.role_id('member')}"
        for method, path, body, status in (
            ("DELETE", role, None, 204), ("PATCH", self.own, {"user": {"enabled": False}}, 200),
            ("PATCH", f"/v3/users/{self.bob_user['id']}", {"user": {"password": "another one"}}, 200),
        ):
            trust = self.make()
            token = self.enter(trust).headers["X-Subject-Token"]
            self.call(method, path, status, body)
            self.assertFalse(self.is_good(token), path)
            self.call("PUT", role, 204)
            self.call("PATCH", self.own, 200, {"user": {"enabled": True}})
            self.call("PATCH", f"/v3/users/{self.bob_user['id']}", 200, {"user": {"password": PASSWORD}})
            self.alice, self.bob = self.cloud.token("alice"), self.cloud.token("bob")

    def test_it_goes_with_its_users_and_its_project(self) -> None:
        carol = self.cloud.make("user", name="carol", domain_id="default")
        for trustee, path in ((carol, f"/v3/users/{carol['id']}"),
                              (self.bob_user, f"/v3/projects/{self.project['id']}")):
            trust = self.make(trustee_user_id=trustee["id"])
            self.call("DELETE", path, 204)
            self.call("GET", f"/v3/OS-TRUST/trusts/{trust['id']}", 404)

    def test_deleting_refuses_its_tokens(self) -> None:
        trust = self.make()
        token = self.enter(trust).headers["X-Subject-Token"]
        self.call("DELETE", f"/v3/OS-TRUST/trusts/{trust['id']}", 204, token=self.alice)
        self.assertFalse(self.is_good(token))

    def test_what_is_refused(self) -> None:
        self.make(403, token=self.bob)
        self.make(403, token=self.admin)
        self.make(404, trustee_user_id=HEX)
        self.make(404, roles=[{"name": "admin"}])
        self.make(404, roles=[{"id": HEX}])
        self.make(404, project_id=HEX)
        self.make(403, roles=[])
        self.make(403, project_id=None)
        self.make(400, expires_at="2001-01-01T00:00:00Z")
        for uses in (0, -1, "1", 1.5):
            self.make(400, remaining_uses=uses)
        self.make(400, remaining_uses=1, allow_redelegation=True)
        self.make(403, redelegation_count=4, allow_redelegation=True)

    def test_without_a_project(self) -> None:
        trust = self.make(project_id=None, roles=[])
        token = self.enter(trust).json["token"]
        self.assertEqual(self.user["id"], token["user"]["id"])
        self.assertNotIn("project", token)

    def test_handing_on(self) -> None:
        carol, _ = self.cloud.member("carol")
        first = self.make(allow_redelegation=True, redelegation_count=1, expires_at="2030-01-01T00:00:00Z")
        token = self.enter(first).headers["X-Subject-Token"]
        less = {"trustee_user_id": carol["id"], "expires_at": "2029-01-01T00:00:00Z", "token": token}
        self.make(403, **less | {"expires_at": None})
        self.make(403, **less | {"expires_at": "2031-01-01T00:00:00Z"})
        self.make(403, **less, allow_redelegation=True, redelegation_count=1)
        self.make(403, **less | {"token": self.enter(self.make()).headers["X-Subject-Token"]})
        second = self.make(**less)
        self.assertEqual((first["id"], self.user["id"]), (second["redelegated_trust_id"], second["trustor_user_id"]))
        entered = self.enter(second, token=self.cloud.token("carol"))
        self.assertEqual(self.user["id"], entered.json["token"]["user"]["id"])
        self.call("DELETE", f"/v3/OS-TRUST/trusts/{first['id']}", 204, token=self.alice)
        self.assertFalse(self.is_good(entered.headers["X-Subject-Token"]))
        self.call("GET", f"/v3/OS-TRUST/trusts/{second['id']}", 404)

    def test_its_token_sees_no_ways_to_log_in(self) -> None:
        trust = self.make()
        token = self.enter(trust).headers["X-Subject-Token"]
        self.call("GET", "/v3/credentials", 403, token=token)
        self.call("POST", f"{self.own}/application_credentials", 403, {"application_credential": {"name": "x"}},
                  token=token)
        self.call("DELETE", f"/v3/OS-TRUST/trusts/{trust['id']}", 403, token=token)
