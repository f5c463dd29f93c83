"""OAuth 1.0a as programs and users see it, over real SQL, without sockets."""

import unittest
from typing import Any

from cumulo.cloud import keys as key_command
from tests.fixtures import oauth
from tests.fixtures.identity import BASE
from tests.functional.test_identity_api import IdentityCase

CONSUMERS = "/v3/OS-OAUTH1/consumers"
Pair = tuple[str, str]


class OAuthCase(IdentityCase):
    """A case with a consumer, and a user whose roles it may get."""

    def setUp(self) -> None:
        super().setUp()
        self.user, self.project = self.cloud.member("alice", "manager")
        self.alice = self.cloud.token("alice")
        self.own = f"/v3/users/{self.user['id']}/OS-OAUTH1/access_tokens"
        self.consumer = self.make()

    def make(self, **values: Any) -> Pair:
        """Create a consumer; return its id and secret."""
        made = self.call("POST", CONSUMERS, 201, {"consumer": values or {"description": "robot"}}).json["consumer"]
        return made["id"], made["secret"]

    def signed(self, path: str, status: int, token: Pair | None = None, body: Any = None, *, consumer: Pair | None = None,
               project: str = "", **more: str) -> Any:
        """Send a request signed by the consumer."""
        header = oauth.header(BASE + path, consumer or self.consumer, token, now=self.cloud.clock.now(), **more)
        return self.call("POST", path, status, body, token="", Authorization=header, Requested_Project_Id=project)

    def request_token(self) -> Pair:
        """Return a request token for the user's project."""
        answer = self.signed("/v3/OS-OAUTH1/request_token", 201, project=self.project["id"], oauth_callback="oob")
        self.assertEqual("application/x-www-form-urlencoded", answer.content_type)
        return oauth.token_of(answer.body)

    def agree(self, request_token: Pair, *roles: str) -> str:
        """Let the user hand roles on; return the verifier."""
        body = {"roles": [{"name": name} for name in roles or ("member",)]}
        return str(self.call("PUT", f"/v3/OS-OAUTH1/authorize/{request_token[0]}", 200, body, token=self.alice).json
                   ["token"]["oauth_verifier"])

    def access_token(self, *roles: str) -> Pair:
        """Go the whole way."""
        token = self.request_token()
        verifier = self.agree(token, *roles)
        return oauth.token_of(self.signed("/v3/OS-OAUTH1/access_token", 201, token, oauth_verifier=verifier).body)

    def log_in(self, status: int, token: Pair, *, scope: Any = None, **more: Any) -> Any:
        """Log in with an access token."""
        auth: dict[str, Any] = {"identity": {"methods": ["oauth1"], "oauth1": {}}}
        return self.signed("/v3/auth/tokens", status, token, {"auth": auth | ({"scope": scope} if scope else {})}, **more)


class ConsumersTest(OAuthCase):
    """Programs."""

    def test_crud(self) -> None:
        path = f"{CONSUMERS}/{self.consumer[0]}"
        shown = self.call("GET", path, 200).json["consumer"]
        self.assertEqual({"id": self.consumer[0], "description": "robot", "links": {"self": f"http://localhost{path}"}},
                         shown)
        self.assertEqual([shown], self.call("GET", CONSUMERS, 200).json["consumers"])
        changed = self.call("PATCH", path, 200, {"consumer": {"description": "machine", "color": "red"}}).json["consumer"]
        self.assertEqual(("machine", "red"), (changed["description"], changed["color"]))
        self.assertEqual(changed, self.call("GET", path, 200).json["consumer"])
        self.call("PATCH", path, 400, {"consumer": {"secret": "x"}})
        for method in ("GET", "DELETE"):
            self.call(method, path, 403, token=self.alice)
        self.call("DELETE", path, 204)
        for method in ("GET", "DELETE"):
            self.call(method, path, 404)


class FlowTest(OAuthCase):
    """From a request token to a token of the cloud."""

    def test_a_consumer_works_with_what_a_user_handed_on(self) -> None:
        access = self.access_token("member")
        token = self.log_in(201, access).json["token"]
        self.assertEqual((self.user["id"], self.project["id"], ["oauth1"]), (
            token["user"]["id"], token["project"]["id"], token["methods"]))
        self.assertEqual(["member", "reader"], [role["name"] for role in token["roles"]])
        self.assertEqual({"access_token_id": access[0], "consumer_id": self.consumer[0]}, token["OS-OAUTH1"])
        robot = self.log_in(201, access).headers["X-Subject-Token"]
        self.call("GET", f"/v3/users/{self.user['id']}", 200, token=robot)
        self.call("POST", f"/v3/users/{self.user['id']}/application_credentials", 403,
                  {"application_credential": {"name": "more"}}, token=robot)
        self.call("PUT", f"/v3/OS-OAUTH1/authorize/{self.request_token()[0]}", 403, {"roles": [{"name": "member"}]},
                  token=robot)
        self.log_in(401, access, scope={"domain": {"id": "default"}})

    def test_an_access_token_is_seen_and_taken_back(self) -> None:
        access = self.access_token("member")
        robot = self.log_in(201, access).headers["X-Subject-Token"]
        path = f"{self.own}/{access[0]}"
        shown = self.call("GET", path, 200, token=self.alice).json["access_token"]
        self.assertEqual((self.user["id"], self.consumer[0], self.project["id"]), (
            shown["authorizing_user_id"], shown["consumer_id"], shown["project_id"]))
        self.assertEqual([shown], self.call("GET", self.own, 200, token=self.alice).json["access_tokens"])
        role = self.call("GET", f"{path}/roles", 200, token=self.alice).json["roles"][0]
        self.assertEqual("member", role["name"])
        self.assertEqual(role, self.call("GET", f"{path}/roles/{role['id']}", 200, token=self.alice).json["role"])
        self.call("GET", f"{path}/roles/{self.cloud.role_id('manager')}", 404, token=self.alice)
        self.call("DELETE", path, 403, token=robot)
        self.call("DELETE", path, 204, token=self.alice)
        self.assertFalse(self.is_good(robot))
        self.log_in(401, access)
        for method in ("GET", "DELETE"):
            self.call(method, path, 404, token=self.alice)

    def test_it_ends_with_consumer_and_role(self) -> None:
        first, second = self.access_token("member"), self.access_token("manager")
        robots = [self.log_in(201, each).headers["X-Subject-Token"] for each in (first, second)]
        grant = f"/v3/projects/{self.project['id']}/users/{self.user['id']}/roles"
        self.call("PUT", f"{grant}/{self.cloud.role_id('member')}", 204)
        self.call("DELETE", f"{grant}/{self.cloud.role_id('manager')}", 204)
        self.assertEqual([False, False], [self.is_good(each) for each in robots])
        self.log_in(401, second)
        robot = self.log_in(201, first).headers["X-Subject-Token"]
        self.call("DELETE", f"{CONSUMERS}/{self.consumer[0]}", 204)
        self.assertFalse(self.is_good(robot))
        self.log_in(401, first)
        self.assertEqual([], self.call("GET", self.own, 200).json["access_tokens"])

    def test_a_request_token_is_good_once(self) -> None:
        token = self.request_token()
        self.signed("/v3/OS-OAUTH1/access_token", 401, token, oauth_verifier="x")
        verifier = self.agree(token)
        self.call("PUT", f"/v3/OS-OAUTH1/authorize/{token[0]}", 404, {"roles": [{"name": "member"}]}, token=self.alice)
        self.signed("/v3/OS-OAUTH1/access_token", 401, token, oauth_verifier="x")
        self.signed("/v3/OS-OAUTH1/access_token", 201, token, oauth_verifier=verifier)
        self.signed("/v3/OS-OAUTH1/access_token", 401, token, oauth_verifier=verifier)
        self.log_in(401, token)
        late = self.request_token()
        self.cloud.clock.passed_s += 8 * 3600
        self.alice = self.cloud.token("alice")
        self.call("PUT", f"/v3/OS-OAUTH1/authorize/{late[0]}", 404, {"roles": [{"name": "member"}]}, token=self.alice)

    def test_what_cannot_be_handed_on(self) -> None:
        token = self.request_token()[0]
        path = f"/v3/OS-OAUTH1/authorize/{token}"
        self.call("PUT", path, 403, {"roles": [{"name": "admin"}]}, token=self.alice)
        self.call("PUT", path, 403, {"roles": [{"id": self.cloud.role_id("admin")}]}, token=self.alice)
        self.call("PUT", path, 403, {"roles": [{"name": "member"}]})  # another project's token
        self.call("PUT", path, 400, {"roles": []}, token=self.alice)
        self.call("PUT", "/v3/OS-OAUTH1/authorize/nothing", 404, {"roles": [{"name": "member"}]}, token=self.alice)

    def test_signatures(self) -> None:
        other, path = self.make(), "/v3/OS-OAUTH1/request_token"
        for consumer in ((self.consumer[0], other[1]), ("nobody", "x")):
            self.signed(path, 401, consumer=consumer, project=self.project["id"])
        self.signed(path, 401, project=self.project["id"], oauth_timestamp=str(int(self.cloud.clock.now() - 3600)))
        self.signed(path, 404, project="nothing")
        self.call("POST", path, 401, token="", Requested_Project_Id=self.project["id"])
        access = self.access_token()
        self.log_in(401, (access[0], "wrong"))
        self.log_in(401, access, consumer=other)

    def test_secrets_outlive_a_rotation_of_keys(self) -> None:
        access = self.access_token()
        with self.cloud.database.read() as connection:
            text = str(connection.exec_driver_sql("SELECT * FROM identity_consumer").all())
        self.assertNotIn(self.consumer[1], text)
        self.cloud.conf.set_override("url", self.cloud.database.engine.url.render_as_string(hide_password=False),
                                     group="database")
        for _ in range(4):
            key_command.rotate(self.cloud.conf, "credentials", self.cloud.clock)
        self.log_in(201, access)


if __name__ == "__main__":
    unittest.main()
