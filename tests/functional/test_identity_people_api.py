"""Groups, assignments, roles, trees of projects and rules about users, as clients see them."""

from typing import Any

from tests.fixtures.identity import PASSWORD
from tests.functional.test_identity_api import IdentityCase

DAY_S = 86400
V3 = "http://localhost/v3"


class GroupsTest(IdentityCase):
    """Groups and who is in them."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.project = self.cloud.member("alice", "reader")
        self.group = self.cloud.make("group", name="staff", description="All of us", domain_id="default")
        self.path = f"/v3/groups/{self.group['id']}"

    def names(self, path: str, kind: str, **options: Any) -> list[str]:
        """Return the names in a list."""
        return [each["name"] for each in self.call("GET", path, 200, **options).json[kind]]

    def test_create_list_show_change_delete(self) -> None:
        self.assertEqual({"id", "name", "domain_id", "description", "links"}, set(self.group))
        self.assertEqual(self.group, self.call("GET", self.path, 200).json["group"])
        self.call("POST", "/v3/groups", 409, {"group": {"name": "staff"}})
        self.call("POST", "/v3/groups", 400, {"group": {"name": "x", "domain_id": "nowhere"}})
        changed = self.call("PATCH", self.path, 200, {"group": {"name": "crew", "description": None}}).json["group"]
        self.assertEqual(("crew", ""), (changed["name"], changed["description"]))
        self.call("PATCH", self.path, 400, {"group": {"domain_id": "elsewhere"}})
        self.cloud.make("group", name="others")
        self.assertEqual(["crew", "others"], self.names("/v3/groups", "groups"))
        self.assertEqual(["crew"], self.names("/v3/groups?name=crew", "groups"))
        self.assertEqual([], self.names("/v3/groups?domain_id=nowhere", "groups"))
        self.call("DELETE", self.path, 204)
        for method in ("GET", "DELETE"):
            self.call(method, self.path, 404)

    def test_members(self) -> None:
        member = f"{self.path}/users/{self.alice['id']}"
        self.call("HEAD", member, 404)
        self.call("DELETE", member, 404)
        self.call("PUT", member, 204)
        self.call("PUT", member, 204)
        self.call("HEAD", member, 204)
        self.call("GET", member, 204)
        self.assertEqual(["alice"], self.names(f"{self.path}/users", "users"))
        self.assertEqual([], self.names(f"{self.path}/users?name=bob", "users"))
        self.assertEqual(["staff"], self.names(f"/v3/users/{self.alice['id']}/groups", "groups"))
        self.call("PUT", f"{self.path}/users/nobody", 404)
        self.call("PUT", f"/v3/groups/none/users/{self.alice['id']}", 404)
        self.call("DELETE", member, 204)
        self.assertEqual([], self.names(f"{self.path}/users", "users"))

    def test_roles_of_a_group_are_its_users(self) -> None:
        """And end at once for tokens in use: with the role, the membership or the group."""
        self.call("PUT", f"{self.path}/users/{self.alice['id']}", 204)
        other = self.cloud.make("project", name="other", domain_id="default")
        grant = f"/v3/projects/{other['id']}/groups/{self.group['id']}/roles/{self.cloud.role_id('member')}"
        scope = {"project": {"id": other["id"]}}
        self.assertEqual(401, self.cloud.log_in("alice", scope=scope).status_int)
        takes = (("DELETE", grant), ("DELETE", f"{self.path}/users/{self.alice['id']}"), ("DELETE", self.path))
        for method, path in takes:
            self.call("PUT", f"{self.path}/users/{self.alice['id']}", 204)
            self.call("PUT", grant, 204)
            answer = self.cloud.log_in("alice", scope=scope)
            self.assertEqual(["member", "reader"], [each["name"] for each in answer.json["token"]["roles"]])
            token = answer.headers["X-Subject-Token"]
            self.assertEqual(["alice", "other"], self.names("/v3/auth/projects", "projects", token=token))
            self.call(method, path, 204)
            self.assertFalse(self.is_good(token))
        self.assertTrue(self.is_good(self.cloud.token("alice")))

    def test_grants_on_every_target(self) -> None:
        role = self.cloud.role_id("manager")
        for target in (f"projects/{self.project['id']}", "domains/default", "system"):
            roles = f"/v3/{target}/groups/{self.group['id']}/roles"
            self.call("HEAD", f"{roles}/{role}", 404)
            self.call("PUT", f"{roles}/{role}", 204)
            self.call("HEAD", f"{roles}/{role}", 204)
            self.assertEqual(["manager"], self.names(roles, "roles"))
            self.call("DELETE", f"{roles}/{role}", 204)
            self.call("DELETE", f"{roles}/{role}", 404)
            self.call("GET", f"/v3/{target}/groups/none/roles", 404)

    def test_who_may(self) -> None:
        """Users see their own groups; readers of a domain those of that domain."""
        self.call("PUT", f"{self.path}/users/{self.alice['id']}", 204)
        token = self.cloud.token("alice")
        self.assertEqual(["staff"], self.names(f"/v3/users/{self.alice['id']}/groups", "groups", token=token))
        for path in ("groups", f"groups/{self.group['id']}", "groups/none", f"groups/{self.group['id']}/users"):
            self.call("GET", f"/v3/{path}", 403, token=token)
        self.call("POST", "/v3/groups", 403, {"group": {"name": "x"}}, token=token)
        domain = self.cloud.make("domain", name="theirs")
        self.cloud.make("group", name="ours", domain_id=domain["id"])
        reader = self.cloud.role_id("reader")
        self.call("PUT", f"/v3/domains/{domain['id']}/users/{self.alice['id']}/roles/{reader}", 204)
        token = self.cloud.token("alice", scope={"domain": {"id": domain["id"]}})
        self.assertEqual(["ours"], self.names("/v3/groups", "groups", token=token))
        self.call("GET", "/v3/groups?domain_id=default", 403, token=token)
        self.call("GET", self.path, 403, token=token)

    def test_a_deleted_domain_takes_its_groups_along(self) -> None:
        domain = self.cloud.make("domain", name="theirs", enabled=False)
        group = self.cloud.make("group", name="ours", domain_id=domain["id"])
        self.call("PUT", f"/v3/groups/{group['id']}/users/{self.alice['id']}", 204)
        self.call("PUT", f"/v3/domains/default/groups/{group['id']}/roles/{self.cloud.role_id('reader')}", 204)
        self.call("DELETE", f"/v3/domains/{domain['id']}", 204)
        self.call("GET", f"/v3/groups/{group['id']}", 404)


class InheritanceTest(IdentityCase):
    """Roles on all projects below a domain or a project."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.project = self.cloud.member("alice", "reader")
        self.role = self.cloud.role_id("member")
        self.group = self.cloud.make("group", name="staff", domain_id="default")
        self.call("PUT", f"/v3/groups/{self.group['id']}/users/{self.alice['id']}", 204)
        self.domain = self.cloud.make("domain", name="theirs")
        self.below = self.cloud.make("project", name="below", domain_id=self.domain["id"])

    def roles(self, scope: dict[str, Any]) -> list[str]:
        """Return the roles that alice has there; none where she cannot log in."""
        answer = self.cloud.log_in("alice", scope=scope)
        return [each["name"] for each in answer.json["token"]["roles"]] if answer.status_int == 201 else []

    def test_from_a_domain(self) -> None:
        for actor in (f"users/{self.alice['id']}", f"groups/{self.group['id']}"):
            roles = f"/v3/OS-INHERIT/domains/{self.domain['id']}/{actor}/roles"
            grant = f"{roles}/{self.role}/inherited_to_projects"
            self.call("HEAD", grant, 404)
            self.call("PUT", grant, 204)
            self.call("HEAD", grant, 204)
            self.call("GET", grant, 204)
            listed = self.call("GET", f"{roles}/inherited_to_projects", 200).json["roles"]
            self.assertEqual(["member"], [each["name"] for each in listed])
            self.call("HEAD", f"/v3/domains/{self.domain['id']}/{actor}/roles/{self.role}", 404)
            self.assertEqual(["member", "reader"], self.roles({"project": {"id": self.below["id"]}}))
            self.assertEqual([], self.roles({"domain": {"id": self.domain["id"]}}))
            token = self.cloud.token("alice", scope={"project": {"id": self.below["id"]}})
            self.call("DELETE", grant, 204)
            self.call("DELETE", grant, 404)
            self.assertFalse(self.is_good(token))
            self.assertEqual([], self.roles({"project": {"id": self.below["id"]}}))

    def test_from_a_project_is_not_on_it(self) -> None:
        for actor in (f"users/{self.alice['id']}", f"groups/{self.group['id']}"):
            roles = f"/v3/OS-INHERIT/projects/{self.below['id']}/{actor}/roles"
            self.call("PUT", f"{roles}/{self.role}/inherited_to_projects", 204)
            self.call("HEAD", f"{roles}/{self.role}/inherited_to_projects", 204)
            self.assertEqual([], self.roles({"project": {"id": self.below["id"]}}))
            self.call("DELETE", f"{roles}/{self.role}/inherited_to_projects", 204)

    def test_lists(self) -> None:
        grant = f"OS-INHERIT/domains/{self.domain['id']}/groups/{self.group['id']}/roles/{self.role}"
        self.call("PUT", f"/v3/{grant}/inherited_to_projects", 204)

        def listed(query: str) -> list[dict[str, Any]]:
            return self.call("GET", f"/v3/role_assignments?{query}", 200).json["role_assignments"]

        url = f"{V3}/{grant}/inherited_to_projects"
        given = {"role": {"id": self.role}, "group": {"id": self.group["id"]}, "links": {"assignment": url},
                 "scope": {"domain": {"id": self.domain["id"]}, "OS-INHERIT:inherited_to": "projects"}}
        for query in (f"group.id={self.group['id']}", f"scope.domain.id={self.domain['id']}",
                      "scope.OS-INHERIT:inherited_to=projects"):
            self.assertEqual([given], listed(query))
        member, reader = listed(f"effective&scope.project.id={self.below['id']}")
        membership = f"{V3}/groups/{self.group['id']}/users/{self.alice['id']}"
        self.assertEqual({
            "role": {"id": self.role}, "user": {"id": self.alice["id"]},
            "scope": {"project": {"id": self.below["id"]}, "OS-INHERIT:inherited_to": "projects"},
            "links": {"assignment": url, "membership": membership}}, member)
        self.assertEqual(f"{V3}/prior_role/{self.role}/implies/{reader['role']['id']}", reader["links"]["prior_role"])
        of_alice = listed(f"effective&user.id={self.alice['id']}&include_names")
        self.assertEqual({("below", "member"), ("below", "reader"), ("alice", "reader")}, {
            (each["scope"]["project"]["name"], each["role"]["name"]) for each in of_alice})
        self.assertEqual([], listed(f"user.id={self.alice['id']}&scope.project.id={self.below['id']}"))
        self.assertEqual("staff", listed(f"group.id={self.group['id']}&include_names=true")[0]["group"]["name"])
        for query in (f"effective&group.id={self.group['id']}", "include_subtree=true", "user.id=a&group.id=b",
                      "effective&scope.domain.id=default&scope.OS-INHERIT:inherited_to=projects",
                      "scope.OS-INHERIT:inherited_to=all", "include_subtree&scope.domain.id=default"):
            self.call("GET", f"/v3/role_assignments?{query}", 400)

    def test_login_without_any_role_stays_refused(self) -> None:
        self.assertEqual(401, self.cloud.log_in("alice", PASSWORD, {"project": {"id": self.below["id"]}}).status_int)


class UserRulesTest(IdentityCase):
    """What the configuration asks of passwords and accounts."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.project = self.cloud.member("alice")
        self.path = f"/v3/users/{self.alice['id']}"

    def rule(self, **options: Any) -> None:
        """Set options."""
        for name, value in options.items():
            self.cloud.conf.set_override(name, value, "identity")

    def option(self, **options: Any) -> Any:
        """Set options of the user; return the user."""
        return self.call("PATCH", self.path, 200, {"user": {"options": options}}).json["user"]

    def change(self, status: int, before: str, after: str, **headers: str) -> str:
        """Change the user's own password; return what is said of a refusal."""
        body = {"user": {"original_password": before, "password": after}}
        return str(self.call("POST", f"{self.path}/password", status, body, token="", **headers).text)

    def pass_days(self, days: float) -> None:
        """Let time pass; the administrator logs in again."""
        self.cloud.clock.passed_s += days * DAY_S
        self.admin = self.cloud.token()

    def test_options(self) -> None:
        self.assertEqual({}, self.alice["options"])
        rules = [["password", "totp"], ["token"]]
        shown = self.option(ignore_password_expiry=True, multi_factor_auth_rules=rules)
        self.assertEqual({"ignore_password_expiry": True, "multi_factor_auth_rules": rules}, shown["options"])
        shown = self.option(ignore_password_expiry=None, lock_password=True)
        self.assertEqual({"lock_password": True, "multi_factor_auth_rules": rules}, shown["options"])
        self.assertEqual(shown, self.call("GET", self.path, 200).json["user"])
        for bad in ({"no_such": True}, {"lock_password": "yes"}, {"multi_factor_auth_rules": [[]]}, [], None):
            self.call("PATCH", self.path, 400, {"user": {"options": bad}})
            self.call("POST", "/v3/users", 400, {"user": {"name": "x", "options": bad}})

    def test_locked_after_failures(self) -> None:
        """The right password is refused too, in the same words; after the time it is good again."""
        self.rule(lockout_failure_attempts=2, lockout_duration_s=5)
        wrong = [self.cloud.log_in("alice", "wrong") for _ in range(2)]
        locked = self.cloud.log_in("alice")
        self.assertEqual({401}, {each.status_int for each in (*wrong, locked)})
        self.assertEqual(1, len({each.text for each in (*wrong, locked, self.cloud.log_in("nobody"))}))
        self.change(401, PASSWORD, "new")
        self.cloud.clock.passed_s += 5
        self.assertEqual(201, self.cloud.log_in("alice").status_int)
        self.cloud.log_in("alice", "wrong")
        self.assertEqual(201, self.cloud.log_in("alice").status_int)
        self.cloud.log_in("alice", "wrong")
        self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_failures_begin_anew_after_a_lock(self) -> None:
        self.rule(lockout_failure_attempts=2, lockout_duration_s=5)
        for _ in range(2):
            self.cloud.log_in("alice", "wrong")
        self.cloud.clock.passed_s += 5
        self.cloud.log_in("alice", "wrong")
        self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_wrong_passwords_count_however_they_are_sent(self) -> None:
        """A key makes a request one transaction that a refusal undoes; the count stays."""
        self.rule(lockout_failure_attempts=2, lockout_duration_s=0)
        for number in range(2):
            self.change(401, "wrong", "new", Idempotency_Key=f"key-{number}")
        self.assertEqual(401, self.cloud.log_in("alice").status_int)
        self.pass_days(365)
        self.assertEqual(401, self.cloud.log_in("alice").status_int)
        self.call("PATCH", self.path, 200, {"user": {"enabled": True}})
        self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_who_is_never_locked(self) -> None:
        self.rule(lockout_failure_attempts=1)
        self.option(ignore_lockout_failure_attempts=True)
        for _ in range(3):
            self.assertEqual(401, self.cloud.log_in("alice", "wrong").status_int)
        self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_many_at_once_get_no_more_attempts(self) -> None:
        """What counts is the row when the password has been verified, not when it was read."""
        from cumulo.common.errors import Unauthorized
        from cumulo.identity import login_guard
        self.rule(lockout_failure_attempts=2, lockout_duration_s=60)
        with self.cloud.database.read() as connection:
            early = login_guard.account(connection, self.alice["id"])
        for _ in range(2):
            self.cloud.log_in("alice", "wrong")
        with self.assertRaises(Unauthorized):
            login_guard.admit(self.cloud.database, self.cloud.conf, self.cloud.clock, early, True)

    def test_history(self) -> None:
        """Of the last two, the current one included, none may come back; an administrator may set any."""
        self.rule(unique_last_password_count=2)
        self.change(204, PASSWORD, "second")
        for again in (PASSWORD, "second"):
            self.assertIn("previous password", self.change(400, "second", again))
        self.change(204, "second", "third")
        self.change(400, "third", "second")
        self.change(204, "third", PASSWORD)
        self.call("PATCH", self.path, 200, {"user": {"password": "third"}})
        self.change(400, "third", PASSWORD)
        self.rule(unique_last_password_count=0)
        self.change(204, "third", "third")

    def test_form(self) -> None:
        self.rule(password_regex=r"^(?=.*\d).{7,}$", password_regex_description="seven characters and a digit")
        for method, path, user in (("POST", "/v3/users", {"name": "x", "password": "short1"}),
                                   ("PATCH", self.path, {"password": "no digit"})):
            answer = self.call(method, path, 400, {"user": user})
            self.assertIn("seven characters and a digit", answer.text)
            self.assertNotIn(user["password"], answer.text)
        self.change(400, PASSWORD, "short")
        self.change(204, PASSWORD, "long enough 1")
        self.call("POST", "/v3/users", 201, {"user": {"name": "without"}})

    def test_a_bad_expression_is_told_when_it_is_set(self) -> None:
        self.assertRaises(ValueError, self.rule, password_regex="(")

    def test_expiry(self) -> None:
        """An ended password sets another one and does nothing else; its holder is told."""
        self.rule(password_expires_days=10)
        self.change(204, PASSWORD, "second")
        user = self.cloud.log_in("alice", "second").json["token"]["user"]
        self.assertEqual("2026-02-12T02:40:00.000000Z", user["password_expires_at"])
        query = "/v3/users?password_expires_at"
        self.assertEqual(["alice"], [each["name"] for each in self.call(
            "GET", f"{query}=lt:2026-02-13T00:00:00Z", 200).json["users"]])
        self.assertEqual([], self.call("GET", f"{query}=gt:2026-02-13T00:00:00Z", 200).json["users"])
        for bad in ("2026-02-13T00:00:00Z", "lt:soon", "like:2026-02-13T00:00:00Z"):
            self.call("GET", f"{query}={bad}", 400)
        self.pass_days(10)
        self.assertEqual(self.cloud.log_in("nobody").text, self.cloud.log_in("alice", "wrong").text)
        refused = self.cloud.log_in("alice", "second")
        self.assertEqual(401, refused.status_int)
        self.assertIn("expired and needs to be changed", refused.text)
        self.assertIsNone(self.option(ignore_password_expiry=True)["password_expires_at"])
        self.assertEqual(201, self.cloud.log_in("alice", "second").status_int)
        self.option(ignore_password_expiry=None)
        self.change(204, "second", "third")
        self.assertEqual(201, self.cloud.log_in("alice", "third").status_int)

    def test_change_at_first_use(self) -> None:
        self.rule(change_password_upon_first_use=True)
        self.call("PATCH", self.path, 200, {"user": {"password": "handed over"}})
        self.assertIn("needs to be changed", self.cloud.log_in("alice", "handed over").text)
        self.option(ignore_password_expiry=True)
        self.assertEqual(401, self.cloud.log_in("alice", "handed over").status_int)
        self.change(204, "handed over", "own")
        self.assertEqual(201, self.cloud.log_in("alice", "own").status_int)
        self.cloud.make("user", name="robot", password="p", options={"ignore_change_password_upon_first_use": True})
        self.assertEqual(201, self.cloud.log_in("robot", "p", "unscoped").status_int)

    def test_minimum_age(self) -> None:
        """It concerns what users choose, not what they were given, and never one that has ended."""
        self.rule(minimum_password_age_days=2, password_expires_days=1)
        self.change(204, PASSWORD, "second")
        self.assertIn("yet", self.change(400, "second", "third"))
        self.pass_days(1)
        self.change(204, "second", "third")
        self.rule(password_expires_days=0)
        self.call("PATCH", self.path, 200, {"user": {"password": "given"}})
        self.change(204, "given", "fourth")
        self.change(400, "fourth", "fifth")
        self.pass_days(2)
        self.change(204, "fourth", "fifth")

    def test_locked_password(self) -> None:
        self.option(lock_password=True)
        self.change(401, "wrong", "new")
        self.change(400, PASSWORD, "new")
        self.call("PATCH", self.path, 200, {"user": {"password": "new"}})
        self.assertEqual(201, self.cloud.log_in("alice", "new").status_int)

    def test_idle_accounts(self) -> None:
        self.rule(disable_user_account_days_inactive=30)
        self.cloud.make("user", name="robot", password="p", options={"ignore_user_inactivity": True})
        for _ in range(3):
            self.pass_days(20)
            self.assertEqual(201, self.cloud.log_in("alice").status_int)
        self.pass_days(29)
        self.pass_days(2)
        self.assertEqual(self.cloud.log_in("nobody").text, self.cloud.log_in("alice").text)
        self.assertEqual(201, self.cloud.log_in("robot", "p", "unscoped").status_int)
        self.call("PATCH", self.path, 200, {"user": {"enabled": True}})
        self.assertEqual(201, self.cloud.log_in("alice").status_int)

    def test_users_of_other_providers(self) -> None:
        for name in ("idp_id", "protocol_id", "unique_id"):
            self.assertEqual([], self.call("GET", f"/v3/users?{name}=x", 200).json["users"])
