"""The identity API as clients see it, over real SQL, without sockets."""

import unittest
from typing import Any

from tests.fixtures.identity import PASSWORD, Identity


class IdentityCase(unittest.TestCase):
    """A case with an identity API of its own."""

    def setUp(self) -> None:
        self.cloud = Identity()
        self.addCleanup(self.cloud.close)
        self.admin = self.cloud.token()

    def call(self, method: str, path: str, status: int, body: Any = None, *, token: str | None = None,
             **headers: str) -> Any:
        """Send a request as the administrator (or with a token), check the status, return the answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.cloud.request(method, path, body, token=self.admin if token is None else token, headers=sent)
        self.assertEqual(status, answer.status_int, f"{method} {path}: {answer.text}")
        if status >= 400 and method != "HEAD":
            self.assertEqual(status, answer.json["error"]["code"])
            self.assertEqual({"code", "title", "message"}, set(answer.json["error"]))
        if status == 204 or method == "HEAD":
            self.assertEqual(b"", answer.body)
        return answer

    def is_good(self, token: str) -> bool:
        """Say whether a token is good, asking with it."""
        return self.cloud.request("GET", "/v3/auth/projects", token=token).status_int == 200


class VersionsTest(IdentityCase):
    """Discovery."""

    def test_root_lists_versions(self) -> None:
        answer = self.call("GET", "/", 300, token="")
        self.assertEqual("http://localhost/v3/", answer.headers["Location"])
        version = answer.json["versions"]["values"][0]
        self.assertEqual(("v3.14", "stable"), (version["id"], version["status"]))
        self.assertEqual("application/vnd.openstack.identity-v3+json", version["media-types"][0]["type"])

    def test_version_document(self) -> None:
        for path in ("/v3", "/v3/"):
            version = self.call("GET", path, 200, token="").json["version"]
            self.assertEqual([{"rel": "self", "href": "http://localhost/v3/"}], version["links"])

    def test_unknown_path(self) -> None:
        self.call("GET", "/v3/nothing", 404)
        self.call("PUT", "/v3/users", 405)


class LoginTest(IdentityCase):
    """POST /v3/auth/tokens."""

    def test_scoped_by_name(self) -> None:
        answer = self.cloud.log_in(scope={"project": {"name": "admin", "domain": {"name": "Default"}}})
        self.assertEqual(201, answer.status_int)
        token = answer.json["token"]
        self.assertEqual(["password"], token["methods"])
        self.assertEqual({"id": "default", "name": "Default"}, token["user"]["domain"])
        self.assertEqual("admin", token["project"]["name"])
        self.assertEqual(["admin", "manager", "member", "reader"], [role["name"] for role in token["roles"]])
        self.assertRegex(token["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(1, len(token["audit_ids"]))
        self.assertEqual({"identity", "compute", "image", "network", "block-storage", "volumev3"}, {each["type"] for each in token["catalog"]})

    def test_without_scope_takes_the_default_project(self) -> None:
        self.assertEqual("admin", self.cloud.log_in().json["token"]["project"]["name"])

    def test_unscoped(self) -> None:
        for scope in ("unscoped", {"unscoped": {}}):
            token = self.cloud.log_in(scope=scope).json["token"]
            self.assertFalse({"project", "roles", "catalog"} & set(token))

    def test_domain_and_system_scope(self) -> None:
        token = self.cloud.log_in(scope={"domain": {"id": "default"}}).json["token"]
        self.assertEqual({"id": "default", "name": "Default"}, token["domain"])
        token = self.cloud.log_in(scope={"system": {"all": True}}).json["token"]
        self.assertEqual({"all": True}, token["system"])
        self.assertNotIn("project", token)

    def test_nocatalog(self) -> None:
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": self.admin}}}}
        self.assertNotIn("catalog", self.call("POST", "/v3/auth/tokens?nocatalog", 201, body, token="").json["token"])

    def test_bad_credentials_look_alike(self) -> None:
        user, _ = self.cloud.member("disabled")
        self.call("PATCH", f"/v3/users/{user['id']}", 200, {"user": {"enabled": False}})
        answers = [self.cloud.log_in("admin", "wrong"), self.cloud.log_in("nobody", PASSWORD),
                   self.cloud.log_in("disabled", PASSWORD),
                   self.cloud.log_in(scope={"project": {"id": "no-such-project"}})]
        self.assertEqual({401}, {answer.status_int for answer in answers})
        self.assertEqual(1, len({answer.text for answer in answers}))
        self.assertIn("Keystone uri=", answers[0].headers["WWW-Authenticate"])

    def test_malformed_logins(self) -> None:
        user = {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}
        for auth in (
            {}, {"identity": {}}, {"identity": {"methods": "password"}}, {"identity": {"methods": ["password"]}},
            {"identity": {"methods": [7]}}, {"identity": {"methods": ["password"], "password": {"user": {}}}},
            {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "x"}}}},
            {"identity": {"methods": ["password"], "password": {"user": {**user, "password": 1}}}},
            {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {"name": "x"}}},
            {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"system": {"all": False}}},
            {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": 3},
            {"identity": {"methods": ["token"], "token": {"id": ""}}},
        ):
            self.call("POST", "/v3/auth/tokens", 400, {"auth": auth}, token="")
        for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"auth": "\\ud800"}', {"auth": None}, {"other": {}}):
            self.call("POST", "/v3/auth/tokens", 400, body, token="")
        self.call("POST", "/v3/auth/tokens", 401, {"auth": {"identity": {"methods": ["magic"]}}}, token="")
        self.call("POST", "/v3/auth/tokens", 404, {"auth": {"identity": {
            "methods": ["token"], "token": {"id": "é" * 40}}}}, token="")

    def test_token_from_token_keeps_expiry_and_chain(self) -> None:
        first = self.cloud.log_in(scope="unscoped")
        self.cloud.clock.passed_s += 100
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}},
                         "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}}
        second = self.call("POST", "/v3/auth/tokens", 201, body, token="").json["token"]
        self.assertEqual(first.json["token"]["expires_at"], second["expires_at"])
        self.assertNotEqual(first.json["token"]["issued_at"], second["issued_at"])
        self.assertEqual(["password", "token"], second["methods"])
        self.assertEqual(first.json["token"]["audit_ids"][0], second["audit_ids"][1])

    def test_both_methods_must_name_one_user(self) -> None:
        self.cloud.member("alice")
        user = {"name": "alice", "domain": {"id": "default"}, "password": PASSWORD}
        identity = {"methods": ["password", "token"], "password": {"user": user}, "token": {"id": self.admin}}
        self.call("POST", "/v3/auth/tokens", 401, {"auth": {"identity": identity}}, token="")


class TokensTest(IdentityCase):
    """Validating and revoking."""

    def test_show_and_check(self) -> None:
        shown = self.call("GET", "/v3/auth/tokens", 200, X_Subject_Token=self.admin)
        self.assertEqual(self.admin, shown.headers["X-Subject-Token"])
        self.assertEqual("admin", shown.json["token"]["user"]["name"])
        self.assertIn("catalog", shown.json["token"])
        self.call("HEAD", "/v3/auth/tokens", 200, X_Subject_Token=self.admin)
        self.call("GET", "/v3/auth/tokens", 400)
        self.call("GET", "/v3/auth/tokens", 404, X_Subject_Token="nonsense")

    def test_revoke(self) -> None:
        other = self.cloud.token()
        self.call("DELETE", "/v3/auth/tokens", 204, X_Subject_Token=other)
        self.assertFalse(self.is_good(other))
        self.call("GET", "/v3/auth/tokens", 404, X_Subject_Token=other)
        self.assertTrue(self.is_good(self.admin))

    def test_expires(self) -> None:
        self.cloud.clock.passed_s += 3601
        self.assertFalse(self.is_good(self.admin))

    def test_user_may_look_at_own_token_only(self) -> None:
        self.cloud.member("alice")
        alice = self.cloud.token("alice")
        self.call("GET", "/v3/auth/tokens", 200, token=alice, X_Subject_Token=alice)
        self.call("GET", "/v3/auth/tokens", 403, token=alice, X_Subject_Token=self.admin)
        self.call("DELETE", "/v3/auth/tokens", 403, token=alice, X_Subject_Token=self.admin)
        self.call("DELETE", "/v3/auth/tokens", 204, token=alice, X_Subject_Token=alice)

    def test_no_token_or_a_bad_one(self) -> None:
        for token in ("", "nonsense", "x" * 10000):
            answer = self.call("GET", "/v3/users", 401, token=token)
            self.assertIn("WWW-Authenticate", answer.headers)

    def test_own_catalog_projects_domains_system(self) -> None:
        self.assertEqual(6, len(self.call("GET", "/v3/auth/catalog", 200).json["catalog"]))
        self.assertEqual(["admin"], [p["name"] for p in self.call("GET", "/v3/auth/projects", 200).json["projects"]])
        self.assertEqual(["default"], [d["id"] for d in self.call("GET", "/v3/auth/domains", 200).json["domains"]])
        self.assertEqual([{"all": True}], self.call("GET", "/v3/auth/system", 200).json["system"])
        self.call("GET", "/v3/auth/catalog", 403, token=self.cloud.token(scope="unscoped"))


class RevocationTest(IdentityCase):
    """What refuses tokens made before it."""

    def setUp(self) -> None:
        super().setUp()
        self.user, self.project = self.cloud.member("alice", "member")
        self.alice = self.cloud.token("alice")
        self.assertTrue(self.is_good(self.alice))

    def test_disabled_user(self) -> None:
        self.call("PATCH", f"/v3/users/{self.user['id']}", 200, {"user": {"enabled": False}})
        self.assertFalse(self.is_good(self.alice))
        self.call("PATCH", f"/v3/users/{self.user['id']}", 200, {"user": {"enabled": True}})
        self.assertFalse(self.is_good(self.alice))
        self.assertTrue(self.is_good(self.cloud.token("alice")))

    def test_deleted_user(self) -> None:
        self.call("DELETE", f"/v3/users/{self.user['id']}", 204)
        self.assertFalse(self.is_good(self.alice))
        self.call("DELETE", f"/v3/users/{self.user['id']}", 404)

    def test_own_password_change(self) -> None:
        path = f"/v3/users/{self.user['id']}/password"
        self.call("POST", path, 401, {"user": {"password": "new", "original_password": "wrong"}}, token=self.alice)
        self.assertTrue(self.is_good(self.alice))
        self.call("POST", path, 204, {"user": {"password": "new", "original_password": PASSWORD}}, token=self.alice)
        self.assertFalse(self.is_good(self.alice))
        self.assertEqual(401, self.cloud.log_in("alice", PASSWORD).status_int)
        self.assertTrue(self.is_good(self.cloud.token("alice", "new")))
        self.call("POST", "/v3/users/nobody/password", 401, {"user": {"password": "a", "original_password": "b"}})

    def test_password_set_by_an_administrator(self) -> None:
        self.call("PATCH", f"/v3/users/{self.user['id']}", 200, {"user": {"password": "new"}})
        self.assertFalse(self.is_good(self.alice))
        self.assertEqual(401, self.cloud.log_in("alice", PASSWORD).status_int)

    def test_role_taken_away(self) -> None:
        grant = f"/v3/projects/{self.project['id']}/users/{self.user['id']}/roles"
        self.call("PUT", f"{grant}/{self.cloud.role_id('reader')}", 204)
        self.assertTrue(self.is_good(self.alice))
        self.call("DELETE", f"{grant}/{self.cloud.role_id('reader')}", 204)
        self.assertFalse(self.is_good(self.alice))
        self.assertTrue(self.is_good(self.cloud.token("alice")))

    def test_deleted_role(self) -> None:
        role = self.cloud.make("role", name="special")
        self.call("PUT", f"/v3/projects/{self.project['id']}/users/{self.user['id']}/roles/{role['id']}", 204)
        self.call("DELETE", f"/v3/roles/{role['id']}", 204)
        self.assertFalse(self.is_good(self.alice))

    def test_disabled_and_deleted_project(self) -> None:
        path = f"/v3/projects/{self.project['id']}"
        self.call("PATCH", path, 200, {"project": {"enabled": False}})
        self.assertFalse(self.is_good(self.alice))
        scope = {"project": {"id": self.project["id"]}}
        self.assertEqual(401, self.cloud.log_in("alice", scope=scope).status_int)
        self.call("PATCH", path, 200, {"project": {"enabled": True}})
        again = self.cloud.token("alice", scope=scope)
        self.call("DELETE", path, 204)
        self.assertFalse(self.is_good(again))
        self.assertNotIn("project", self.cloud.log_in("alice").json["token"])

    def test_disabled_domain(self) -> None:
        domain = self.cloud.make("domain", name="other")
        project = self.cloud.make("project", name="p", domain_id=domain["id"])
        self.call("PUT", f"/v3/projects/{project['id']}/users/{self.user['id']}/roles/{self.cloud.role_id('member')}",
                  204)
        token = self.cloud.token("alice", scope={"project": {"id": project["id"]}})
        self.call("DELETE", f"/v3/domains/{domain['id']}", 403)
        self.call("PATCH", f"/v3/domains/{domain['id']}", 200, {"domain": {"enabled": False}})
        self.assertFalse(self.is_good(token))
        self.assertTrue(self.is_good(self.alice))
        self.call("DELETE", f"/v3/domains/{domain['id']}", 204)
        self.call("GET", f"/v3/projects/{project['id']}", 404)

    def test_other_process_learns_within_a_second(self) -> None:
        from cumulo.common.errors import Unauthorized
        from cumulo.identity.tokens import Validator
        other = Validator(self.cloud.conf, self.cloud.database, self.cloud.clock)
        other.validate(self.alice)
        self.call("DELETE", f"/v3/users/{self.user['id']}", 204)
        other.validate(self.alice)
        self.cloud.clock.passed_s += 1.0
        self.assertRaises(Unauthorized, other.validate, self.alice)


class ResourcesTest(IdentityCase):
    """Create, list, show, change and delete of everything."""

    def test_users(self) -> None:
        made = self.cloud.make("user", name="bob", password="secret", email="bob@example.org", description="Bob")
        self.assertEqual("bob@example.org", made["email"])
        self.assertNotIn("password", made)
        self.assertEqual("default", made["domain_id"])
        path = f"/v3/users/{made['id']}"
        self.assertEqual(made, self.call("GET", path, 200).json["user"])
        changed = self.call("PATCH", path, 200, {"user": {"name": "rob", "email": "rob@example.org"}}).json["user"]
        self.assertEqual(("rob", "rob@example.org", "Bob"), (changed["name"], changed["email"], changed["description"]))
        self.call("POST", "/v3/users", 409, {"user": {"name": "rob"}})
        self.call("DELETE", path, 204)
        self.call("GET", path, 404)
        self.call("PATCH", path, 404, {"user": {"name": "x"}})

    def test_filters(self) -> None:
        for name in ("filter-one", "filter-two", "other"):
            self.cloud.make("user", name=name, enabled=name != "filter-two")

        def names(query: str) -> list[str]:
            listed = self.call("GET", f"/v3/users?{query}", 200).json
            self.assertEqual({"self": f"http://localhost/v3/users?{query}", "previous": None, "next": None},
                             listed["links"])
            return [user["name"] for user in listed["users"]]

        self.assertEqual(["filter-one"], names("name=filter-one"))
        self.assertEqual(["filter-one", "filter-two"], names("name__contains=filter"))
        self.assertEqual(["filter-two"], names("enabled=false"))
        self.assertEqual(["filter-one", "filter-two"], names("name__istartswith=FILTER"))
        self.assertEqual([], names("domain_id=nowhere"))
        self.assertEqual([], names("name__contains=%25"))

    def test_projects(self) -> None:
        made = self.cloud.make("project", name="p", description="d", tags=["a"])
        self.assertEqual((["a"], "default", False), (made["tags"], made["parent_id"], made["is_domain"]))
        path = f"/v3/projects/{made['id']}"
        changed = self.call("PATCH", path, 200, {"project": {"description": "e", "enabled": False}}).json["project"]
        self.assertEqual(("p", "e", False), (changed["name"], changed["description"], changed["enabled"]))
        self.call("POST", "/v3/projects", 409, {"project": {"name": "p"}})
        self.call("POST", "/v3/projects", 400, {"project": {"name": "q", "domain_id": "nowhere"}})
        self.call("POST", "/v3/projects", 400, {"project": {"name": "q", "parent_id": "nothing"}})
        self.assertEqual(["p"], [p["name"] for p in self.call(
            "GET", "/v3/projects?enabled=false", 200).json["projects"]])
        self.call("DELETE", path, 204)
        self.call("DELETE", path, 404)

    def test_domains_and_roles(self) -> None:
        domain = self.cloud.make("domain", name="d")
        self.call("POST", "/v3/domains", 409, {"domain": {"name": "d"}})
        path = f"/v3/domains/{domain['id']}"
        self.assertEqual("", self.call("PATCH", path, 200, {"domain": {"description": None}}).json["domain"]
                         ["description"])
        self.assertEqual(["d"], [d["name"] for d in self.call("GET", "/v3/domains?name=d", 200).json["domains"]])
        role = self.cloud.make("role", name="r")
        path = f"/v3/roles/{role['id']}"
        self.assertEqual("s", self.call("PATCH", path, 200, {"role": {"name": "s"}}).json["role"]["name"])
        self.call("POST", "/v3/roles", 409, {"role": {"name": "s"}})
        self.call("DELETE", path, 204)
        self.call("GET", path, 404)

    def test_assignments(self) -> None:
        user, project = self.cloud.member("alice", "member")
        role = self.cloud.role_id("manager")
        for target in (f"projects/{project['id']}", "domains/default", "system"):
            roles = f"/v3/{target}/users/{user['id']}/roles"
            self.call("HEAD", f"{roles}/{role}", 404)
            self.call("PUT", f"{roles}/{role}", 204)
            self.call("PUT", f"{roles}/{role}", 204)
            self.call("HEAD", f"{roles}/{role}", 204)
            self.call("GET", f"{roles}/{role}", 204)
            self.assertIn(role, [each["id"] for each in self.call("GET", roles, 200).json["roles"]])
            self.call("PUT", f"{roles}/nonsense", 404)
            self.call("DELETE", f"{roles}/{role}", 204)
            self.call("DELETE", f"{roles}/{role}", 404)
        self.call("PUT", f"/v3/projects/nowhere/users/{user['id']}/roles/{role}", 404)
        self.call("PUT", f"/v3/projects/{project['id']}/users/nobody/roles/{role}", 404)

    def test_role_assignments(self) -> None:
        user, project = self.cloud.member("alice", "manager")
        query = f"/v3/role_assignments?user.id={user['id']}"
        listed = self.call("GET", query, 200).json["role_assignments"]
        self.assertEqual([{"project": {"id": project["id"]}}], [each["scope"] for each in listed])
        self.assertIn(f"/v3/projects/{project['id']}/users/{user['id']}/roles/", listed[0]["links"]["assignment"])
        effective = self.call("GET", f"{query}&effective&include_names", 200).json["role_assignments"]
        self.assertEqual({"manager", "member", "reader"}, {each["role"]["name"] for each in effective})
        self.assertEqual({"alice"}, {each["user"]["name"] for each in effective})
        self.assertEqual([], self.call("GET", f"{query}&scope.system=all", 200).json["role_assignments"])
        self.assertEqual(1, len(self.call("GET", f"{query}&scope.project.id={project['id']}", 200).json
                                ["role_assignments"]))
        self.call("GET", f"{query}&scope.system=all&scope.domain.id=default", 400)

    def test_catalog_resources(self) -> None:
        service = self.cloud.make("service", type="metering", name="cinderv3")
        values = {"service_id": service["id"], "interface": "public", "url": "http://v/v3/$(project_id)s"}
        endpoint = self.cloud.make("endpoint", **values, region="Elsewhere")
        self.assertEqual(("Elsewhere", "Elsewhere"), (endpoint["region"], endpoint["region_id"]))
        catalog = self.cloud.log_in().json["token"]["catalog"]
        project_id = self.cloud.log_in().json["token"]["project"]["id"]
        shown = next(each for each in catalog if each["type"] == "metering")["endpoints"]
        self.assertEqual([f"http://v/v3/{project_id}"], [each["url"] for each in shown])
        self.call("POST", "/v3/endpoints", 400, {"endpoint": {**values, "service_id": "nothing"}})
        self.call("POST", "/v3/endpoints", 400, {"endpoint": {**values, "region_id": "Nowhere"}})
        self.call("POST", "/v3/endpoints", 400, {"endpoint": {**values, "interface": "private"}})
        self.call("PATCH", f"/v3/endpoints/{endpoint['id']}", 200, {"endpoint": {"url": "http://w/"}})
        self.assertEqual(1, len(self.call("GET", f"/v3/endpoints?service_id={service['id']}", 200).json["endpoints"]))
        self.call("DELETE", "/v3/regions/Elsewhere", 403)
        renamed = self.call("PATCH", f"/v3/services/{service['id']}", 200, {"service": {"name": "disks"}})
        self.assertEqual("disks", renamed.json["service"]["name"])
        other = self.call("POST", "/v3/endpoints", 201, {"endpoint": {**values, "interface": "admin"}}).json["endpoint"]
        self.call("DELETE", f"/v3/endpoints/{other['id']}", 204)
        self.call("GET", f"/v3/endpoints/{other['id']}", 404)
        self.call("DELETE", f"/v3/services/{service['id']}", 204)
        self.call("GET", f"/v3/endpoints/{endpoint['id']}", 404)
        self.call("DELETE", "/v3/regions/Elsewhere", 204)

    def test_regions(self) -> None:
        self.call("PUT", "/v3/regions/North", 201, {"region": {"description": "up"}})
        self.call("POST", "/v3/regions", 409, {"region": {"id": "North"}})
        child = self.cloud.make("region", parent_region_id="North")
        changed = self.call("PATCH", "/v3/regions/North", 200, {"region": {"description": "far up"}}).json["region"]
        self.assertEqual("far up", changed["description"])
        self.call("PATCH", "/v3/regions/North", 400, {"region": {"parent_region_id": child["id"]}})
        self.call("DELETE", "/v3/regions/North", 403)
        self.assertEqual(1, len(self.call("GET", "/v3/regions?parent_region_id=North", 200).json["regions"]))
        self.call("DELETE", f"/v3/regions/{child['id']}", 204)
        self.call("DELETE", "/v3/regions/North", 204)


class PolicyTest(IdentityCase):
    """Who may do what."""

    def test_plain_user(self) -> None:
        user, project = self.cloud.member("alice", "member")
        other, _ = self.cloud.member("mallory", "member")
        alice = self.cloud.token("alice")
        for path in (f"users/{user['id']}", f"users/{user['id']}/projects", f"projects/{project['id']}",
                     "domains/default", "regions", "auth/projects"):
            self.call("GET", f"/v3/{path}", 200, token=alice)
        self.assertEqual(["alice"], [each["name"] for each in self.call(
            "GET", f"/v3/users/{user['id']}/projects", 200, token=alice).json["projects"]])
        for path in ("users", "projects", "domains", "roles", "services", "endpoints", "role_assignments",
                     f"users/{other['id']}", "users/nobody", f"users/{other['id']}/projects", "projects/nothing",
                     "domains/nowhere", f"projects/{project['id']}/users/{user['id']}/roles"):
            self.call("GET", f"/v3/{path}", 403, token=alice)
        for kind in ("user", "project", "domain", "role"):
            self.call("POST", f"/v3/{kind}s", 403, {kind: {"name": "x"}}, token=alice)
            self.call("DELETE", f"/v3/{kind}s/anything", 403, token=alice)
        self.call("PATCH", f"/v3/users/{user['id']}", 403, {"user": {"enabled": True}}, token=alice)
        role = self.cloud.role_id("admin")
        self.call("PUT", f"/v3/projects/{project['id']}/users/{user['id']}/roles/{role}", 403, token=alice)

    def test_readers_of_system_and_domain(self) -> None:
        user, _ = self.cloud.member("alice", "member")
        domain = self.cloud.make("domain", name="other")
        self.cloud.make("user", name="carol", domain_id=domain["id"])
        reader = self.cloud.role_id("reader")
        self.call("PUT", f"/v3/system/users/{user['id']}/roles/{reader}", 204)
        self.call("PUT", f"/v3/domains/{domain['id']}/users/{user['id']}/roles/{reader}", 204)
        system = self.cloud.token("alice", scope={"system": {"all": True}})
        for path in ("users", "projects", "domains", "roles", "services", "endpoints", "role_assignments"):
            self.call("GET", f"/v3/{path}", 200, token=system)
        self.call("POST", "/v3/users", 403, {"user": {"name": "x"}}, token=system)
        of_domain = self.cloud.token("alice", scope={"domain": {"id": domain["id"]}})
        listed = self.call("GET", "/v3/users", 200, token=of_domain).json["users"]
        self.assertEqual(["carol"], [each["name"] for each in listed])
        self.call("GET", "/v3/users?domain_id=default", 403, token=of_domain)
        self.call("GET", f"/v3/users/{user['id']}", 200, token=of_domain)  # herself
        self.call("GET", "/v3/services", 403, token=of_domain)


class BadInputTest(IdentityCase):
    """Always a 4xx in identity's form, and nothing changed."""

    BODIES: tuple[Any, ...] = (
        b"", b"null", b"[]", b"7", b'"text"', b"{", b"\xff", b'{"a": "\\ud800"}', b"[" * 5000, {}, {"other": {}})
    VALUES: tuple[Any, ...] = (None, [], 7, "text", {"name": 7}, {"name": ""}, {"name": " "}, {"name": "x" * 300},
                               {"name": "x", "enabled": "yes"}, {"name": "x", "description": 5}, {"name": "a\x00b"},
                               {"name": "x", "unknown": {"deep": 1}}, {"name": "x", "options": {"a": 1}},
                               {"name": "x", "domain_id": 5}, {"name": "x", "domain_id": "../.."})

    def test_bodies(self) -> None:
        user, project = self.cloud.member("alice")
        paths = {"user": f"/v3/users/{user['id']}", "project": f"/v3/projects/{project['id']}",
                 "domain": "/v3/domains/default", "role": f"/v3/roles/{self.cloud.role_id('member')}",
                 "service": "/v3/services/none", "endpoint": "/v3/endpoints/none", "region": "/v3/regions/RegionOne"}
        before = {kind: self.call("GET", f"/v3/{kind}s", 200).json for kind in paths}
        for kind, path in paths.items():
            for body in (*self.BODIES, *({kind: value} for value in self.VALUES)):
                if kind == "region" and body == {"region": {}}:
                    continue
                for method, where in (("POST", f"/v3/{kind}s"), ("PATCH", path)):
                    answer = self.cloud.request(method, where, body, token=self.admin)
                    self.assertIn(answer.status_int, (400, 404), f"{method} {where} {body!r}: {answer.text}")
                    self.assertIn("error", answer.json)
        self.assertEqual(before, {kind: self.call("GET", f"/v3/{kind}s", 200).json for kind in paths})

    def test_huge_body(self) -> None:
        self.call("POST", "/v3/users", 413, {"user": {"name": "x", "description": "x" * 200_000}})

    def test_ids(self) -> None:
        for kind in ("users", "projects", "domains", "roles", "services", "endpoints", "regions"):
            for bad in ("none", "x" * 3000, "%20", "..%2f..", "'; DROP TABLE user", "%C3%A9", "%F0%9F%92%A9"):
                for method in ("GET", "DELETE"):
                    answer = self.cloud.request(method, f"/v3/{kind}/{bad}", token=self.admin)
                    self.assertEqual(404, answer.status_int, f"{method} {kind}/{bad}: {answer.text}")
            self.assertEqual(400, self.cloud.request("GET", f"/v3/{kind}/%ff", token=self.admin).status_int)
            self.assertEqual(400, self.cloud.request("GET", f"/v3/{kind}/%00", token=self.admin).status_int)


if __name__ == "__main__":
    unittest.main()
