"""Ways to log in beside passwords, as clients see them."""

from typing import Any

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
        self.make("e", 400, access_rules=[])
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
