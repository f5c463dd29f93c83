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
        self.call("POST", "/v3/groups", 404, {"group": {"name": "x", "domain_id": "nowhere"}})
        self.call("POST", "/v3/users", 404, {"user": {"name": "x", "domain_id": "nowhere"}})
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
        self.rule(lockout_failure_attempts=3, lockout_duration_s=5)
        wrong = [self.cloud.log_in("alice", "wrong") for _ in range(3)]
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
        self.rule(lockout_failure_attempts=3, lockout_duration_s=5)
        for _ in range(3):
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


class RolesTest(IdentityCase):
    """Roles of a domain's own, and roles that imply others."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.project = self.cloud.member("alice", "reader")
        self.domain = self.cloud.make("domain", name="theirs")

    def names(self, path: str) -> list[str]:
        """Return the names in a list of roles."""
        return [each["name"] for each in self.call("GET", path, 200).json["roles"]]

    def imply(self, prior: dict[str, Any], after: dict[str, Any], status: int = 201) -> Any:
        """Let a role imply another."""
        return self.call("PUT", f"/v3/roles/{prior['id']}/implies/{after['id']}", status)

    def test_a_domains_own(self) -> None:
        own = self.cloud.make("role", name="member", domain_id=self.domain["id"])
        self.assertEqual(self.domain["id"], own["domain_id"])
        self.assertEqual(own, self.call("GET", f"/v3/roles/{own['id']}", 200).json["role"])
        for values, status in (({"name": "member", "domain_id": self.domain["id"]}, 409), ({"name": "member"}, 409),
                               ({"name": "other", "domain_id": "nowhere"}, 400)):
            self.call("POST", "/v3/roles", status, {"role": values})
        self.assertEqual(["member"], self.names(f"/v3/roles?domain_id={self.domain['id']}"))
        self.assertEqual(["admin", "manager", "member", "reader", "service"], self.names("/v3/roles"))
        self.call("PATCH", f"/v3/roles/{own['id']}", 400, {"role": {"domain_id": "default"}})
        self.call("PATCH", f"/v3/roles/{own['id']}", 200, {"role": {"domain_id": own["domain_id"], "name": "ours"}})
        self.call("PATCH", f"/v3/domains/{self.domain['id']}", 200, {"domain": {"enabled": False}})
        self.call("DELETE", f"/v3/domains/{self.domain['id']}", 204)
        self.call("GET", f"/v3/roles/{own['id']}", 404)

    def test_a_domains_own_counts_by_what_it_implies(self) -> None:
        own = self.cloud.make("role", name="operator", domain_id=self.domain["id"])
        member = {"id": self.cloud.role_id("member")}
        project = self.cloud.make("project", name="p", domain_id=self.domain["id"])
        grant = f"users/{self.alice['id']}/roles/{own['id']}"
        self.call("PUT", f"/v3/projects/{self.project['id']}/{grant}", 403)
        self.call("PUT", f"/v3/domains/default/{grant}", 403)
        self.call("PUT", f"/v3/system/{grant}", 403)
        self.call("PUT", f"/v3/projects/{project['id']}/{grant}", 204)
        scope = {"project": {"id": project["id"]}}
        query = f"/v3/role_assignments?user.id={self.alice['id']}&scope.project.id={project['id']}"
        self.assertEqual(401, self.cloud.log_in("alice", scope=scope).status_int)
        self.assertEqual([], self.call("GET", f"{query}&effective", 200).json["role_assignments"])
        mine = self.call("GET", "/v3/auth/projects", 200, token=self.cloud.token("alice")).json["projects"]
        self.assertEqual(["alice"], [each["name"] for each in mine])
        self.imply(own, member)
        roles = self.cloud.log_in("alice", scope=scope).json["token"]["roles"]
        self.assertEqual(["member", "reader"], [each["name"] for each in roles])
        listed = self.call("GET", f"{query}&effective&include_names", 200).json["role_assignments"]
        self.assertEqual(["member", "reader"], sorted(each["role"]["name"] for each in listed))
        listed = self.call("GET", f"{query}&include_names", 200).json["role_assignments"]
        self.assertEqual({"id": self.domain["id"], "name": "theirs"}, listed[0]["role"]["domain"])

    def test_rules(self) -> None:
        first, second, third = (self.cloud.make("role", name=f"r{number}") for number in range(3))
        rule = self.imply(first, second).json["role_inference"]
        self.assertEqual({"prior_role", "implies"}, set(rule))
        self.assertEqual({"id": second["id"], "name": "r1", "links": {"self": f"{V3}/roles/{second['id']}"}},
                         rule["implies"])
        self.imply(first, second)
        self.imply(second, third)
        path = f"/v3/roles/{first['id']}/implies"
        self.call("GET", f"{path}/{second['id']}", 200)
        self.call("HEAD", f"{path}/{second['id']}", 204)
        for method in ("GET", "HEAD", "DELETE"):
            self.call(method, f"{path}/{third['id']}", 404)
        listed = self.call("GET", path, 200).json["role_inference"]
        self.assertEqual(("r0", ["r1"]), (listed["prior_role"]["name"], [each["name"] for each in listed["implies"]]))
        rules = self.call("GET", "/v3/role_inferences", 200).json["role_inferences"]
        self.assertEqual({"admin": ["manager"], "manager": ["member"], "member": ["reader"], "r0": ["r1"],
                          "r1": ["r2"]}, {each["prior_role"]["name"]: [other["name"] for other in each["implies"]]
                                          for each in rules})
        self.call("DELETE", f"{path}/{second['id']}", 204)
        self.call("GET", f"{path}/{second['id']}", 404)

    def test_no_circles_and_no_way_up(self) -> None:
        first, second, third = (self.cloud.make("role", name=f"r{number}") for number in range(3))
        own = self.cloud.make("role", name="own", domain_id=self.domain["id"])
        other = self.cloud.make("role", name="own", domain_id="default")
        self.imply(first, second)
        self.imply(second, third)
        for prior in (first, second, third):
            self.imply(prior, first, 400)
        self.imply(first, {"id": self.cloud.role_id("admin")}, 403)
        self.imply(first, own, 403)
        self.imply(own, first)
        self.imply(own, other)
        self.imply(first, {"id": "none"}, 404)

    def test_what_a_role_implies_ends_with_the_rule(self) -> None:
        special = self.cloud.make("role", name="special")
        self.call("PUT", f"/v3/projects/{self.project['id']}/users/{self.alice['id']}/roles/{special['id']}", 204)
        self.imply(special, {"id": self.cloud.role_id("admin")}, 403)
        self.imply(special, {"id": self.cloud.role_id("manager")})
        token = self.cloud.token("alice")
        self.assertIn("manager", self.cloud.validator.validate(token).roles)
        self.call("DELETE", f"/v3/roles/{special['id']}/implies/{self.cloud.role_id('manager')}", 204)
        self.assertNotIn("manager", self.cloud.validator.validate(token).roles)


class TreesTest(IdentityCase):
    """Projects below projects."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, _ = self.cloud.member("alice", "reader")
        self.root = self.cloud.make("project", name="root")
        self.left = self.cloud.make("project", name="left", parent_id=self.root["id"])
        self.right = self.cloud.make("project", name="right", parent_id=self.root["id"], domain_id="default")
        self.leaf = self.cloud.make("project", name="leaf", parent_id=self.left["id"])

    def one(self, project: dict[str, Any], query: str = "", **options: Any) -> Any:
        """Return a project as it is now."""
        return self.call("GET", f"/v3/projects/{project['id']}?{query}", 200, **options).json["project"]

    def patch(self, project: dict[str, Any], status: int, **values: Any) -> Any:
        """Change a project."""
        return self.call("PATCH", f"/v3/projects/{project['id']}", status, {"project": values})

    def names(self, query: str) -> list[str]:
        """Return the names of the projects that fit."""
        return [each["name"] for each in self.call("GET", f"/v3/projects?{query}", 200).json["projects"]]

    def test_parents_and_domains(self) -> None:
        self.assertEqual(("default", self.root["id"], self.left["id"]),
                         (self.root["parent_id"], self.left["parent_id"], self.leaf["parent_id"]))
        self.assertEqual(["left", "right"], self.names(f"parent_id={self.root['id']}"))
        self.assertIn("root", self.names("parent_id=default"))
        self.assertNotIn("leaf", self.names("parent_id=default"))
        other = self.cloud.make("domain", name="other")
        for values, status in (({"parent_id": self.root["id"], "domain_id": other["id"]}, 400),
                               ({"parent_id": "nothing"}, 400), ({"parent_id": self.root["id"], "name": "left"}, 409)):
            self.call("POST", "/v3/projects", status, {"project": {"name": "x", **values}})
        self.patch(self.left, 403, parent_id=self.right["id"])
        self.patch(self.left, 400, domain_id=other["id"])
        self.patch(self.left, 200, parent_id=self.root["id"], domain_id="default", is_domain=False)

    def test_around(self) -> None:
        self.assertEqual({"default": None}, self.one(self.root, "parents_as_ids")["parents"])
        self.assertEqual({self.left["id"]: {self.root["id"]: {"default": None}}},
                         self.one(self.leaf, "parents_as_ids")["parents"])
        self.assertEqual({self.left["id"]: {self.leaf["id"]: None}, self.right["id"]: None},
                         self.one(self.root, "subtree_as_ids")["subtree"])
        self.assertIsNone(self.one(self.leaf, "subtree_as_ids")["subtree"])
        self.assertEqual([], self.one(self.root, "subtree_as_list")["subtree"])
        reader = self.cloud.role_id("reader")
        admin = self.call("GET", "/v3/auth/tokens", 200, X_Subject_Token=self.admin).json["token"]["user"]["id"]
        grant = f"projects/{self.root['id']}/users/{admin}/roles/{reader}/inherited_to_projects"
        self.call("PUT", f"/v3/OS-INHERIT/{grant}", 204)
        self.assertEqual({"left", "right", "leaf"}, {
            each["project"]["name"] for each in self.one(self.root, "subtree_as_list")["subtree"]})
        self.assertEqual(["left"], [
            each["project"]["name"] for each in self.one(self.leaf, "parents_as_list")["parents"]])
        for kind in ("parents", "subtree"):
            self.call("GET", f"/v3/projects/{self.root['id']}?{kind}_as_list&{kind}_as_ids", 400)

    def test_depth(self) -> None:
        parent = self.leaf
        for level in (4, 5):
            parent = self.cloud.make("project", name=f"level {level}", parent_id=parent["id"])
        self.call("POST", "/v3/projects", 403, {"project": {"name": "x", "parent_id": parent["id"]}})

    def test_enabled_all_the_way_up(self) -> None:
        self.patch(self.left, 403, enabled=False)
        self.patch(self.leaf, 200, enabled=False)
        self.patch(self.left, 200, enabled=False)
        self.patch(self.leaf, 403, enabled=True)
        self.call("POST", "/v3/projects", 400, {"project": {"name": "x", "parent_id": self.left["id"]}})
        self.patch(self.left, 200, enabled=True)
        self.patch(self.leaf, 200, enabled=True)

    def test_cascade(self) -> None:
        """A whole tree goes off, on, and away; so do the tokens for its projects."""
        reader = self.cloud.role_id("reader")
        self.call("PUT", f"/v3/projects/{self.leaf['id']}/users/{self.alice['id']}/roles/{reader}", 204)
        token = self.cloud.token("alice", scope={"project": {"id": self.leaf["id"]}})
        cascade = f"/v3/projects/{self.root['id']}/cascade"
        for is_enabled in (False, True):
            changed = self.call("PATCH", cascade, 200, {"project": {"enabled": is_enabled}}).json["project"]
            self.assertEqual(is_enabled, changed["enabled"])
            self.assertEqual({is_enabled}, {self.one(each)["enabled"] for each in (self.left, self.right, self.leaf)})
            self.assertFalse(self.is_good(token))
        self.call("PATCH", cascade, 400, {"project": {"name": "x"}})
        self.patch(self.leaf, 200, enabled=False)
        self.patch(self.left, 200, enabled=False)
        self.call("PATCH", f"/v3/projects/{self.leaf['id']}/cascade", 403, {"project": {"enabled": True}})
        self.call("DELETE", f"/v3/projects/{self.root['id']}", 403)
        self.call("DELETE", cascade, 204)
        for each in (self.root, self.left, self.right, self.leaf):
            self.call("GET", f"/v3/projects/{each['id']}", 404)
        self.call("DELETE", cascade, 404)

    def test_roles_reach_down(self) -> None:
        role = self.cloud.role_id("member")
        grant = f"/v3/OS-INHERIT/projects/{self.root['id']}/users/{self.alice['id']}/roles/{role}/inherited_to_projects"
        self.call("PUT", grant, 204)
        self.assertEqual(401, self.cloud.log_in("alice", scope={"project": {"id": self.root["id"]}}).status_int)
        token = self.cloud.token("alice", scope={"project": {"id": self.leaf["id"]}})
        names = [each["name"] for each in self.call("GET", "/v3/auth/projects", 200, token=token).json["projects"]]
        self.assertEqual(["alice", "leaf", "left", "right"], names)

        def listed(query: str) -> list[tuple[str, str]]:
            found = self.call("GET", f"/v3/role_assignments?include_names&{query}", 200).json["role_assignments"]
            return sorted((each["scope"]["project"]["name"], each["role"]["name"]) for each in found)

        root, left, of_alice = (f"scope.project.id={self.root['id']}", f"scope.project.id={self.left['id']}",
                                f"user.id={self.alice['id']}")
        self.assertEqual([("root", "member")], listed(root))
        self.assertEqual([("left", "member"), ("left", "reader")], listed(f"{left}&effective"))
        self.assertEqual([], listed(left))
        self.assertEqual([("root", "member")], listed(f"{root}&include_subtree"))
        self.assertEqual({"left", "right", "leaf"}, {name for name, _ in listed(f"{root}&include_subtree&effective")})
        self.assertEqual({"left", "leaf"}, {name for name, _ in listed(f"{left}&include_subtree&effective")})
        self.assertEqual({"alice", "left", "right", "leaf"}, {name for name, _ in listed(f"{of_alice}&effective")})
        self.assertEqual(["member"], [role for _, role in listed(f"{left}&effective&role.id={role}")])
        self.call("DELETE", grant, 204)
        self.assertFalse(self.is_good(token))

    def test_tags(self) -> None:
        path = f"/v3/projects/{self.root['id']}/tags"
        answer = self.call("PUT", f"{path}/blue", 201)
        self.assertEqual(f"http://localhost{path}/blue", answer.headers["Location"])
        self.call("PUT", f"{path}/blue", 201)
        self.assertEqual(["blue"], self.call("GET", path, 200).json["tags"])
        self.call("GET", f"{path}/blue", 204)
        self.call("GET", f"{path}/red", 404)
        self.call("DELETE", f"{path}/red", 404)
        self.call("PUT", f"{path}/{'x' * 256}", 400)
        self.call("PUT", f"{path}/a,b", 400)
        self.assertEqual(["red", "green"], self.call("PUT", path, 200, {"tags": ["red", "green"]}).json["tags"])
        for bad in (["a/b"], ["a", "a"], "red", [""], ["x" * 256], [str(number) for number in range(81)]):
            self.call("PUT", path, 400, {"tags": bad})
        self.call("PUT", f"/v3/projects/{self.left['id']}/tags/red", 201)
        mine = f"&parent_id={self.root['id']}"
        for query, found in (("tags=red", ["left", "root"]), ("tags=red,green", ["root"]),
                             ("tags-any=green,blue", ["root"]), (f"not-tags=red{mine}", ["right"]),
                             (f"not-tags=red,green{mine}", ["left", "right"]),
                             (f"not-tags-any=red,x{mine}", ["right"])):
            self.assertEqual(found, self.names(query), query)
        self.call("DELETE", f"{path}/red", 204)
        self.assertEqual(["green"], self.one(self.root)["tags"])
        self.call("DELETE", path, 204)
        self.assertEqual([], self.one(self.root)["tags"])
        self.call("PUT", path, 200, {"tags": [str(number) for number in range(80)]})
        self.call("PUT", f"{path}/one-more", 400)
        self.call("GET", path, 403, token=self.cloud.token("alice"))

    def test_domains_are_projects_too(self) -> None:
        made = self.cloud.make("project", name="realm", is_domain=True, tags=["a"])
        self.assertEqual((None, None, True), (made["domain_id"], made["parent_id"], made["is_domain"]))
        self.assertEqual("realm", self.call("GET", f"/v3/domains/{made['id']}", 200).json["domain"]["name"])
        self.assertEqual(["Default", "realm"], self.names("is_domain=true"))
        self.assertEqual(["realm"], self.names("is_domain=true&tags=a"))
        self.assertEqual([], self.names("is_domain=true&domain_id=default"))
        self.assertNotIn("realm", self.names(""))
        self.assertEqual(made, self.one(made))
        self.assertEqual("mine", self.patch(made, 200, description="mine").json["project"]["description"])
        self.patch(made, 400, is_domain=False)
        self.patch(self.root, 400, is_domain=True)
        self.call("POST", "/v3/projects", 400, {"project": {"name": "x", "is_domain": True, "domain_id": "default"}})
        below = self.cloud.make("project", name="below", parent_id=made["id"])
        self.assertEqual((made["id"], made["id"]), (below["domain_id"], below["parent_id"]))
        self.call("DELETE", f"/v3/projects/{made['id']}", 403)
        self.patch(made, 200, enabled=False)
        self.call("DELETE", f"/v3/projects/{made['id']}", 204)
        self.call("GET", f"/v3/domains/{made['id']}", 404)
        self.call("GET", f"/v3/projects/{below['id']}", 404)

    def test_immutable(self) -> None:
        for kind, values in (("project", {}), ("domain", {"enabled": False}), ("role", {})):
            made = self.cloud.make(kind, name="fixed", options={"immutable": True}, **values)
            path = f"/v3/{kind}s/{made['id']}"
            self.assertEqual({"immutable": True}, made["options"])
            self.call("PATCH", path, 403, {kind: {"description": "x"}})
            self.call("DELETE", path, 403)
            self.call("PATCH", path, 200, {kind: {"options": {"immutable": False}}})
            self.call("PATCH", path, 200, {kind: {"options": {"immutable": None}, "description": "x"}})
            self.assertEqual({}, self.call("GET", path, 200).json[kind]["options"])
            self.call("DELETE", path, 204)
        fixed = self.cloud.make("project", name="fixed", parent_id=self.leaf["id"], options={"immutable": True})
        self.call("PUT", f"/v3/projects/{fixed['id']}/tags/x", 403)
        self.call("DELETE", f"/v3/projects/{self.root['id']}/cascade", 403)
        self.call("PATCH", f"/v3/projects/{self.root['id']}/cascade", 403, {"project": {"enabled": False}})
        self.assertTrue(self.one(self.right)["enabled"])
