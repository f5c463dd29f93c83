"""Groups, assignments, roles, trees of projects and rules about users, as clients see them."""

from typing import Any

from tests.fixtures.identity import PASSWORD
from tests.functional.test_identity_api import IdentityCase

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
