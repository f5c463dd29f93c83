"""Limits, endpoint groups, policies and domains' settings as clients see them, over real SQL, without sockets."""

import unittest
from typing import Any

import orjson
import sqlalchemy as sa

from cumulo.api.identity.app import ROUTES
from cumulo.common.db.tables.identity_cloud import domain_config
from tests.functional.test_identity_api import IdentityCase


class CatalogCase(IdentityCase):
    """A case with a service that has an endpoint in each of two regions, one below the other."""

    def setUp(self) -> None:
        super().setUp()
        self.cloud.make("region", id="North")
        self.cloud.make("region", id="Oslo", parent_region_id="North")
        self.service = self.cloud.make("service", type="disks", name="disks")["id"]
        self.north, self.oslo = (self.cloud.make(
            "endpoint", service_id=self.service, interface="public", region_id=region,
            url=f"http://{region.lower()}/")["id"] for region in ("North", "Oslo"))

    def listed(self, path: str, key: str, *, token: str | None = None) -> list[Any]:
        """Return the ids in a list."""
        return [each["id"] for each in self.call("GET", path, 200, token=token).json[key]]


class LimitsTest(CatalogCase):
    """Registered limits, and those of projects and domains."""

    def register(self, **values: Any) -> dict[str, Any]:
        """Register a limit and return it."""
        body = {"service_id": self.service, "resource_name": "volumes", "default_limit": 10} | values
        return dict(self.call("POST", "/v3/registered_limits", 201, {"registered_limits": [body]}).json
                    ["registered_limits"][0])

    def limit(self, status: int = 201, **values: Any) -> dict[str, Any]:
        """Create a limit and return it."""
        body = {"service_id": self.service, "resource_name": "volumes", "resource_limit": 5} | values
        answer = self.call("POST", "/v3/limits", status, {"limits": [body]}).json
        return dict(answer["limits"][0]) if status == 201 else {}

    def test_registered(self) -> None:
        made = self.register(description="disks for all")
        self.assertEqual((self.service, None, "volumes", 10, "disks for all"), tuple(made[name] for name in (
            "service_id", "region_id", "resource_name", "default_limit", "description")))
        path = f"/v3/registered_limits/{made['id']}"
        self.assertEqual(path, made["links"]["self"].removeprefix("http://localhost"))
        self.assertEqual(made, self.call("GET", path, 200).json["registered_limit"])
        in_oslo = self.register(region_id="Oslo")
        for values in ({}, {"region_id": "Oslo"}):
            self.call("POST", "/v3/registered_limits", 409, {"registered_limits": [
                {"service_id": self.service, "resource_name": "volumes", "default_limit": 1} | values]})
        self.assertEqual([in_oslo["id"]], self.listed("/v3/registered_limits?region_id=Oslo", "registered_limits"))
        self.assertEqual([], self.listed("/v3/registered_limits?resource_name=x", "registered_limits"))
        changed = self.call("PATCH", path, 200, {"registered_limit": {"default_limit": -1, "resource_name": "disks"}})
        self.assertEqual((-1, "disks"), tuple(changed.json["registered_limit"][name]
                                              for name in ("default_limit", "resource_name")))
        self.assertEqual(changed.json, self.call("GET", path, 200).json)
        self.call("PATCH", path, 409, {"registered_limit": {"region_id": "Oslo", "resource_name": "volumes"}})
        self.call("DELETE", "/v3/regions/Oslo", 403)
        self.call("DELETE", path, 204)
        self.call("GET", path, 404)
        self.call("DELETE", path, 404)

    def test_registered_all_or_none(self) -> None:
        good = {"service_id": self.service, "resource_name": "volumes", "default_limit": 1}
        for bad in ({"service_id": "nothing"}, {"region_id": "Nowhere"}, {"default_limit": -2}, {"default_limit": "1"},
                    {"resource_name": ""}, {"resource_name": "x" * 256}, {"more": 1}):
            self.call("POST", "/v3/registered_limits", 400, {"registered_limits": [good, good | bad]})
        for body in ([], good, None):
            self.call("POST", "/v3/registered_limits", 400, {"registered_limits": body})
        self.assertEqual([], self.listed("/v3/registered_limits", "registered_limits"))

    def test_limits(self) -> None:
        project = self.cloud.make("project", name="p")["id"]
        self.limit(400, project_id=project)
        registered = self.register()
        made = self.limit(project_id=project)
        self.assertEqual((project, None, 5, None, self.service), tuple(made[name] for name in (
            "project_id", "domain_id", "resource_limit", "region_id", "service_id")))
        self.limit(409, project_id=project)
        of_domain = self.limit(domain_id="default")
        self.limit(409, domain_id="default")
        for values in ({}, {"project_id": project, "domain_id": "default"}, {"project_id": "nothing"},
                       {"domain_id": "nothing"}, {"project_id": project, "region_id": "Oslo"}):
            self.limit(400, **values)
        path = f"/v3/limits/{made['id']}"
        self.assertEqual(made, self.call("GET", path, 200).json["limit"])
        changed = self.call("PATCH", path, 200, {"limit": {"resource_limit": 7, "description": "more"}}).json["limit"]
        self.assertEqual(made | {"resource_limit": 7, "description": "more"}, changed)
        self.call("PATCH", path, 400, {"limit": {"project_id": project}})
        self.assertEqual([made["id"]], self.listed(f"/v3/limits?project_id={project}", "limits"))
        self.assertEqual([of_domain["id"]], self.listed("/v3/limits?domain_id=default", "limits"))
        self.assertEqual([], self.listed("/v3/limits?service_id=other", "limits"))
        self.call("DELETE", f"/v3/registered_limits/{registered['id']}", 403)
        self.call("PATCH", f"/v3/registered_limits/{registered['id']}", 403, {"registered_limit": {"region_id": "Oslo"}})
        self.call("PATCH", f"/v3/registered_limits/{registered['id']}", 200, {"registered_limit": {"default_limit": 3}})
        self.call("DELETE", path, 204)
        self.call("GET", path, 404)
        self.call("DELETE", path, 404)
        self.call("PATCH", path, 404, {"limit": {"resource_limit": 7}})
        self.assertEqual("flat", self.call("GET", "/v3/limits/model", 200).json["model"]["name"])

    def test_they_go_with_what_they_are_about(self) -> None:
        project = self.cloud.make("project", name="p")["id"]
        self.register()
        made = self.limit(project_id=project)
        self.call("DELETE", f"/v3/projects/{project}", 204)
        self.call("GET", f"/v3/limits/{made['id']}", 404)
        self.limit(domain_id="default")
        self.call("DELETE", f"/v3/services/{self.service}", 204)
        self.assertEqual([], self.listed("/v3/registered_limits", "registered_limits"))
        self.assertEqual([], self.listed("/v3/limits", "limits"))

    def test_everybody_sees_their_own(self) -> None:
        _, mine = self.cloud.member("alice", "member")
        _, other = self.cloud.member("bob", "member")
        self.register()
        ids = {name: self.limit(**values)["id"] for name, values in {
            "mine": {"project_id": mine["id"]}, "other": {"project_id": other["id"]},
            "domain": {"domain_id": "default"}}.items()}
        alice = self.cloud.token("alice")
        self.assertEqual([ids["mine"]], self.listed("/v3/limits", "limits", token=alice))
        self.assertEqual([], self.listed(f"/v3/limits?project_id={other['id']}", "limits", token=alice))
        self.call("GET", f"/v3/limits/{ids['mine']}", 200, token=alice)
        for name in ("other", "domain"):
            self.call("GET", f"/v3/limits/{ids[name]}", 404, token=alice)
        self.assertEqual([], self.listed("/v3/limits", "limits", token=self.cloud.token("alice", scope="unscoped")))
        self.assertEqual(1, len(self.listed("/v3/registered_limits", "registered_limits", token=alice)))
        self.call("GET", "/v3/limits/model", 200, token=alice)
        for method, path, body in (
                ("POST", "/v3/limits", {"limits": [{"service_id": self.service, "resource_name": "volumes",
                                                    "resource_limit": 9, "project_id": mine["id"]}]}),
                ("PATCH", f"/v3/limits/{ids['mine']}", {"limit": {"resource_limit": 9}}),
                ("DELETE", f"/v3/limits/{ids['mine']}", None)):
            self.call(method, path, 403, body, token=alice)


class EndpointGroupsTest(CatalogCase):
    """Endpoint groups, and what they do to catalogs."""

    PATH = "/v3/OS-EP-FILTER/endpoint_groups"

    def make(self, **values: Any) -> dict[str, Any]:
        """Create an endpoint group and return it."""
        body = {"name": "group", "filters": {"service_id": self.service}} | values
        return dict(self.call("POST", self.PATH, 201, {"endpoint_group": body}).json["endpoint_group"])

    def catalog(self, project: str) -> set[str]:
        """Return the URLs that the administrator's token for a project shows."""
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": self.admin}},
                         "scope": {"project": {"id": project}}}}
        shown = self.call("POST", "/v3/auth/tokens", 201, body, token="").json["token"]["catalog"]
        return {endpoint["url"] for service in shown for endpoint in service["endpoints"]}

    def test_crud(self) -> None:
        made = self.make(description="what all have")
        path = f"{self.PATH}/{made['id']}"
        self.assertEqual(f"http://localhost{path}", made["links"]["self"])
        self.assertEqual(made, self.call("GET", path, 200).json["endpoint_group"])
        self.call("HEAD", path, 200)
        self.assertEqual([made["id"]], self.listed(f"{self.PATH}?name=group", "endpoint_groups"))
        self.assertEqual([], self.listed(f"{self.PATH}?name=other", "endpoint_groups"))
        changes = {"name": "renamed", "filters": {"region_id": "Oslo", "interface": "public"}}
        changed = self.call("PATCH", path, 200, {"endpoint_group": changes}).json["endpoint_group"]
        self.assertEqual(made | changes, changed)
        self.assertEqual([self.oslo], self.listed(f"{path}/endpoints", "endpoints"))
        unchanged = self.call("PATCH", path, 200, {"endpoint_group": {"filters": None, "name": None}}).json
        self.assertEqual(changed, unchanged["endpoint_group"])
        for bad in ({"filters": {"color": "red"}}, {"filters": {"interface": "any"}}, {"filters": []}, {"name": ""}):
            self.call("PATCH", path, 400, {"endpoint_group": bad})
        self.call("POST", self.PATH, 400, {"endpoint_group": {"name": "x"}})
        self.call("DELETE", path, 204)
        for method in ("GET", "DELETE", "HEAD"):
            self.call(method, path, 404)

    def test_a_project_that_was_given_endpoints_sees_those(self) -> None:
        user, project = self.cloud.member("alice")
        admin = self.call("GET", "/v3/auth/tokens", 200, X_Subject_Token=self.admin).json["token"]["user"]["id"]
        self.call("PUT", f"/v3/projects/{project['id']}/users/{admin}/roles/{self.cloud.role_id('member')}", 204)
        everything = self.catalog(project["id"])
        self.assertLess({"http://north/", "http://oslo/"}, everything)
        given = f"/v3/OS-EP-FILTER/projects/{project['id']}/endpoints"
        self.call("HEAD", f"{given}/{self.north}", 404)
        self.call("PUT", f"{given}/{self.north}", 204)
        self.call("PUT", f"{given}/{self.north}", 204)
        self.call("HEAD", f"{given}/{self.north}", 204)
        self.call("GET", f"{given}/{self.north}", 204)
        self.assertEqual({"http://north/"}, self.catalog(project["id"]))
        group = self.make(filters={"region_id": "Oslo"})["id"]
        of_group = f"{self.PATH}/{group}/projects/{project['id']}"
        self.call("GET", of_group, 404)
        self.call("PUT", of_group, 204)
        self.assertEqual(group, self.call("GET", of_group, 200).json["endpoint_group"]["id"])
        self.call("HEAD", of_group, 200)
        self.assertEqual({"http://north/", "http://oslo/"}, self.catalog(project["id"]))
        self.assertCountEqual([self.north, self.oslo], self.listed(given, "endpoints"))
        self.assertEqual([group], self.listed(given.replace("endpoints", "endpoint_groups"), "endpoint_groups"))
        for path in (f"{self.PATH}/{group}/projects", f"/v3/OS-EP-FILTER/endpoints/{self.north}/projects"):
            self.assertEqual([project["id"]], self.listed(path, "projects"))
        self.assertEqual([], self.listed(f"/v3/OS-EP-FILTER/endpoints/{self.oslo}/projects", "projects"))
        self.call("DELETE", of_group, 204)
        self.call("DELETE", of_group, 404)
        self.call("DELETE", f"{given}/{self.north}", 204)
        self.call("DELETE", f"{given}/{self.north}", 404)
        self.assertEqual(everything, self.catalog(project["id"]))

    def test_what_is_not_there(self) -> None:
        group, project = self.make()["id"], self.cloud.make("project", name="p")["id"]
        for path in (f"projects/nothing/endpoints/{self.north}", f"projects/{project}/endpoints/nothing",
                     f"endpoint_groups/nothing/projects/{project}", f"endpoint_groups/{group}/projects/nothing"):
            for method in ("GET", "PUT", "DELETE"):
                self.call(method, f"/v3/OS-EP-FILTER/{path}", 404)
        for path in ("projects/nothing/endpoints", "projects/nothing/endpoint_groups", "endpoints/nothing/projects",
                     "endpoint_groups/nothing/endpoints", "endpoint_groups/nothing/projects"):
            self.call("GET", f"/v3/OS-EP-FILTER/{path}", 404)

    def test_it_goes_with_project_and_endpoint(self) -> None:
        project, group = self.cloud.make("project", name="p")["id"], self.make()["id"]
        self.call("PUT", f"{self.PATH}/{group}/projects/{project}", 204)
        self.call("PUT", f"/v3/OS-EP-FILTER/projects/{project}/endpoints/{self.north}", 204)
        self.call("DELETE", f"/v3/endpoints/{self.north}", 204)
        self.assertEqual([self.oslo], self.listed(f"/v3/OS-EP-FILTER/projects/{project}/endpoints", "endpoints"))
        self.call("DELETE", f"/v3/projects/{project}", 204)
        self.assertEqual([], self.listed(f"{self.PATH}/{group}/projects", "projects"))


class PoliciesTest(CatalogCase):
    """Policies, and who follows them."""

    def make(self, **values: Any) -> str:
        """Create a policy and return its id."""
        made = self.call("POST", "/v3/policies", 201, {"policy": {"type": "application/json", "blob": "{}"} | values})
        return str(made.json["policy"]["id"])

    def follows(self, endpoint: str) -> str | None:
        """Return the id of the policy that an endpoint follows."""
        answer = self.cloud.request("GET", f"/v3/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy", token=self.admin)
        return answer.json["policy"]["id"] if answer.status_int == 200 else None

    def test_crud(self) -> None:
        policy = self.make(owner="me")
        path = f"/v3/policies/{policy}"
        self.assertEqual({"id": policy, "type": "application/json", "blob": "{}", "owner": "me",
                          "links": {"self": f"http://localhost{path}"}}, self.call("GET", path, 200).json["policy"])
        changed = self.call("PATCH", path, 200, {"policy": {"type": "text/plain"}}).json["policy"]
        self.assertEqual(("text/plain", "{}", "me"), (changed["type"], changed["blob"], changed["owner"]))
        self.assertEqual([policy], self.listed("/v3/policies?type=text/plain", "policies"))
        self.assertEqual([], self.listed("/v3/policies?type=other", "policies"))
        for bad in ({"blob": "{}"}, {"type": "x"}, {"type": "x", "blob": 7}, {"type": "", "blob": ""}):
            self.call("POST", "/v3/policies", 400, {"policy": bad})
        self.call("DELETE", path, 204)
        for method in ("GET", "DELETE"):
            self.call(method, path, 404)

    def test_the_nearest_is_followed(self) -> None:
        own, regional, general = (self.make(type=name) for name in ("own", "regional", "general"))
        self.assertIsNone(self.follows(self.oslo))
        places = {general: f"services/{self.service}", regional: f"services/{self.service}/regions/North",
                  own: f"endpoints/{self.oslo}"}
        for policy, place in places.items():
            path = f"/v3/policies/{policy}/OS-ENDPOINT-POLICY/{place}"
            self.call("GET", path, 404)
            self.call("PUT", path, 204)
            self.call("PUT", path, 204)
            self.call("GET", path, 204)
            self.call("HEAD", path, 204)
            self.assertEqual(policy, self.follows(self.oslo))
        self.assertEqual(regional, self.follows(self.north))
        for policy, endpoints in ((own, [self.oslo]), (regional, [self.north]), (general, [])):
            self.assertEqual(endpoints, self.listed(f"/v3/policies/{policy}/OS-ENDPOINT-POLICY/endpoints", "endpoints"))
        for policy, after in ((own, regional), (regional, general), (general, None)):
            path = f"/v3/policies/{policy}/OS-ENDPOINT-POLICY/{places[policy]}"
            self.call("DELETE", path, 204)
            self.call("DELETE", path, 404)
            self.assertEqual(after, self.follows(self.oslo))

    def test_one_policy_each(self) -> None:
        first, second = self.make(), self.make()
        for policy in (first, second):
            self.call("PUT", f"/v3/policies/{policy}/OS-ENDPOINT-POLICY/endpoints/{self.north}", 204)
        self.call("GET", f"/v3/policies/{first}/OS-ENDPOINT-POLICY/endpoints/{self.north}", 404)
        self.assertEqual(second, self.follows(self.north))
        self.call("DELETE", f"/v3/policies/{second}", 204)
        self.assertIsNone(self.follows(self.north))

    def test_what_is_not_there(self) -> None:
        policy = self.make()
        for place in ("endpoints/nothing", "services/nothing", "services/nothing/regions/North",
                      f"services/{self.service}/regions/nothing"):
            for method in ("GET", "PUT", "DELETE"):
                self.call(method, f"/v3/policies/{policy}/OS-ENDPOINT-POLICY/{place}", 404)
        self.call("PUT", f"/v3/policies/nothing/OS-ENDPOINT-POLICY/services/{self.service}", 404)
        self.call("GET", "/v3/policies/nothing/OS-ENDPOINT-POLICY/endpoints", 404)
        self.call("GET", "/v3/endpoints/nothing/OS-ENDPOINT-POLICY/policy", 404)


class DomainConfigTest(IdentityCase):
    """The settings of a domain."""

    CONFIG = {"identity": {"driver": "ldap"}, "ldap": {"url": "ldap://directory/", "user_tree_dn": "ou=Users"}}

    def setUp(self) -> None:
        super().setUp()
        self.domain = self.cloud.make("domain", name="d")["id"]
        self.path = f"/v3/domains/{self.domain}/config"

    def config(self, method: str, place: str, status: int, config: Any = None) -> Any:
        """Send a request about the settings and return those of the answer."""
        answer = self.call(method, self.path + place, status, None if config is None else {"config": config})
        return answer.json["config"] if status < 204 else None

    def test_set_and_show(self) -> None:
        self.config("GET", "", 404)
        self.assertEqual(self.CONFIG, self.config("PUT", "", 201, self.CONFIG))
        self.assertEqual(self.CONFIG, self.config("GET", "", 200))
        self.assertEqual({"ldap": self.CONFIG["ldap"]}, self.config("GET", "/ldap", 200))
        self.assertEqual({"url": "ldap://directory/"}, self.config("GET", "/ldap/url", 200))
        self.config("GET", "/ldap/suffix", 404)
        self.call("HEAD", self.path, 200)
        self.assertEqual({"identity": {"driver": "sql"}}, self.config("PUT", "", 200, {"identity": {"driver": "sql"}}))
        self.config("GET", "/ldap", 404)

    def test_users_need_a_backend(self) -> None:
        user = self.cloud.make("user", name="u", password="a good one", domain_id=self.domain)
        self.config("PUT", "", 409, self.CONFIG)
        self.config("GET", "", 404)
        self.config("PUT", "", 201, {"identity": {"driver": "sql"}})
        for value in ("ldap", "", 7, True, None):
            self.config("PATCH", "/identity/driver", 409, {"driver": value})
        self.assertEqual({"driver": "sql"}, self.config("GET", "/identity/driver", 200))
        self.call("DELETE", f"/v3/users/{user['id']}", 204)
        self.config("PATCH", "/identity/driver", 200, {"driver": "ldap"})
        refused = self.call("POST", "/v3/users", 409, {"user": {"name": "u", "domain_id": self.domain}})
        self.assertIn("sql", refused.json["error"]["message"])
        self.assertEqual([], self.call("GET", f"/v3/users?domain_id={self.domain}", 200).json["users"])

    def test_nobody_logs_in_without_a_backend(self) -> None:
        user = self.cloud.make("user", name="u", password="a good one", domain_id=self.domain)
        named = {"id": user["id"], "password": "a good one"}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": named}}}}
        self.call("POST", "/v3/auth/tokens", 201, body)
        with self.cloud.database.write() as connection:  # as if a later version had had another backend
            connection.execute(sa.insert(domain_config).values(
                domain_id=self.domain, group_name="identity", option_name="driver", value={"is": "ldap"}))
        self.call("POST", "/v3/auth/tokens", 401, body)
        self.call("POST", f"/v3/users/{user['id']}/password", 401,
                  {"user": {"password": "another one", "original_password": "a good one"}})

    def test_change(self) -> None:
        self.config("PATCH", "", 404, self.CONFIG)
        self.config("PUT", "", 201, self.CONFIG)
        changed = self.config("PATCH", "", 200, {"ldap": {"url": "ldaps://directory/", "use_tls": True}})
        self.assertEqual({"url": "ldaps://directory/", "use_tls": True, "user_tree_dn": "ou=Users"}, changed["ldap"])
        self.assertEqual({"identity": {"driver": "x", "list_limit": 5}},
                         self.config("PATCH", "/identity", 200, {"identity": {"driver": "x", "list_limit": 5}}))
        self.assertEqual("y", self.config("PATCH", "/identity/driver", 200, {"driver": "y"})["identity"]["driver"])
        self.config("PATCH", "/identity/driver", 403, {"list_limit": 1})
        self.config("PATCH", "/identity", 403, {"ldap": {"url": "x"}})
        self.config("PATCH", "/ldap/suffix", 404, {"suffix": "cn=example"})
        self.config("PATCH", "/identity", 400, {"identity": {}, "ldap": 7})
        self.config("DELETE", "/identity", 204)
        self.config("PATCH", "/identity", 404, {"identity": {"driver": "x"}})
        self.config("DELETE", "/ldap/url", 204)
        self.config("DELETE", "/ldap/url", 404)
        self.config("GET", "/ldap/url", 404)
        self.config("DELETE", "", 204)
        self.config("DELETE", "", 404)

    def test_what_a_domain_cannot_have(self) -> None:
        self.config("PUT", "", 403, {"token": {"provider": "x"}})
        self.config("PUT", "", 403, {"ldap": {"color": "x"}})
        for place in ("/token", "/token/provider", "/ldap/color"):
            self.config("GET", place, 403)
            self.config("DELETE", place, 403)
            self.call("GET", f"/v3/domains/config{place}/default", 403)
        for bad in ({}, {"ldap": 7}, {"ldap": {"url": {"deep": 1}}}, {"ldap": {"url": "x" * 2000}}, []):
            self.config("PUT", "", 400, bad)
        for method, body in (("PUT", self.CONFIG), ("PATCH", self.CONFIG), ("GET", None), ("DELETE", None)):
            self.call(method, "/v3/domains/nothing/config", 404, body and {"config": body})

    def test_defaults(self) -> None:
        whole = self.call("GET", "/v3/domains/config/default", 200).json["config"]
        self.assertEqual({"identity", "ldap"}, set(whole))
        for group, options in whole.items():
            self.assertEqual({group: options}, self.call("GET", f"/v3/domains/config/{group}/default", 200).json["config"])
            for option, value in options.items():
                self.assertEqual({option: value}, self.call(
                    "GET", f"/v3/domains/config/{group}/{option}/default", 200).json["config"])

    def test_it_goes_with_the_domain_and_is_for_administrators(self) -> None:
        self.config("PUT", "", 201, self.CONFIG)
        self.cloud.member("alice", "manager")
        alice = self.cloud.token("alice")
        for method, body in (("GET", None), ("PUT", {"config": self.CONFIG}), ("DELETE", None)):
            self.call(method, self.path, 403, body, token=alice)
        self.call("GET", "/v3/domains/config/default", 403, token=alice)
        self.call("PATCH", f"/v3/domains/{self.domain}", 200, {"domain": {"enabled": False}})
        self.call("DELETE", f"/v3/domains/{self.domain}", 204)
        self.config("GET", "", 404)


class JsonHomeTest(IdentityCase):
    """GET / and /v3 with Accept: application/json-home."""

    BASE = "https://docs.openstack.org/api/openstack-identity/3"

    def home(self, path: str) -> dict[str, Any]:
        """Return the resources of the document at a path."""
        answer = self.call("GET", path, 200, token="", Accept="application/json-home")
        self.assertEqual("application/json-home", answer.content_type)
        return dict(orjson.loads(answer.body)["resources"])

    def test_it_names_every_path_once(self) -> None:
        found = self.home("/v3")
        paths = [each.get("href") or each["href-template"] for each in found.values()]
        self.assertEqual({route.path.removeprefix("/v3") for route in ROUTES if route.path.startswith("/v3/")}, set(paths))
        self.assertEqual(len(paths), len(set(paths)))
        for each in found.values():
            self.assertEqual("href-template" in each, "href-vars" in each)

    def test_its_names(self) -> None:
        found = self.home("/v3")
        self.assertEqual({"href": "/users"}, found[f"{self.BASE}/rel/users"])
        self.assertEqual({"href-template": "/users/{user_id}", "href-vars": {"user_id": f"{self.BASE}/param/user_id"}},
                         found[f"{self.BASE}/rel/user"])
        for relation, path in (
                ("rel/policy", "/policies/{policy_id}"), ("rel/project_user_role",
                                                          "/projects/{project_id}/users/{user_id}/roles/{role_id}"),
                ("ext/OS-EP-FILTER/1.0/rel/project_endpoint",
                 "/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}"),
                ("ext/OS-ENDPOINT-POLICY/1.0/rel/endpoint_policy", "/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy")):
            self.assertEqual(path, found[f"{self.BASE}/{relation}"]["href-template"])

    def test_root_adds_the_version(self) -> None:
        self.assertEqual({"href": "/v3/users"}, self.home("/")[f"{self.BASE}/rel/users"])

    def test_json_is_what_others_get(self) -> None:
        for accept in ("application/json", "*/*", "text/html", "application/json-home;q=0.1, application/json"):
            self.assertIn("version", self.call("GET", "/v3", 200, token="", Accept=accept).json)
            self.call("GET", "/", 300, token="", Accept=accept)


if __name__ == "__main__":
    unittest.main()
