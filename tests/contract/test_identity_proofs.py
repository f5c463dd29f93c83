"""Ways to log in, and rights that are handed on."""

import json

from tests.contract.client import ContractCase

PASSWORD = "correct horse 7"


class ProofsTest(ContractCase):
    """What a user makes to prove who they are."""

    def setUp(self) -> None:
        self.user, self.project = self.name("user"), self.name("project")
        self.user_id = self.client.show("user create", self.user, "--password", PASSWORD)["id"]
        self.addCleanup(self.client.do, "user delete", self.user_id)
        self.project_id = self.client.show("project create", self.project)["id"]
        self.addCleanup(self.client.do, "project delete", self.project_id)
        self.client.do("role add", "--user", self.user_id, "--project", self.project_id, "member")
        self.mine = self.cloud.user(self.user, PASSWORD, self.project)

    def test_tokens(self) -> None:
        token = self.client.show("token issue", as_user=self.mine)
        self.assertEqual((self.user_id, self.project_id), (token["user_id"], token["project_id"]))
        by_token = {"OS_AUTH_TYPE": "v3token", "OS_AUTH_URL": self.cloud.auth_url, "OS_TOKEN": token["id"],
                    "OS_IDENTITY_API_VERSION": "3"}
        self.client.show("catalog list", as_user=by_token | {"OS_PROJECT_ID": self.project_id})
        self.client.do("token revoke", token["id"], as_user=self.mine)
        self.client.refused("token issue", as_user=by_token)
        unscoped = self.client.show("token issue", as_user=self.cloud.user(self.user, PASSWORD))
        self.assertNotIn("project_id", unscoped)
        system = self.cloud.user("admin", self.cloud.password, OS_SYSTEM_SCOPE="all")
        self.assertEqual("all", self.client.show("token issue", as_user=system)["system"])
        domain = self.cloud.user("admin", self.cloud.password, OS_DOMAIN_ID="default")
        self.assertEqual("default", self.client.show("token issue", as_user=domain)["domain_id"])

    def test_application_credentials(self) -> None:
        rules = json.dumps([{"service": "identity", "method": "GET", "path": "/v3/auth/**"}])
        made = self.client.show("application credential create", "robot", "--role", "member", "--description", "r",
                                "--expiration", "2100-01-01T00:00:00", "--access-rules", rules, as_user=self.mine)
        self.assertEqual(("robot", self.project_id), (made["name"], made["project_id"]))
        token = self.client.show("token issue", as_user=self.cloud.program(made["id"], made["secret"]))
        self.assertEqual((self.user_id, self.project_id), (token["user_id"], token["project_id"]))
        self.client.refused("token issue", as_user=self.cloud.program(made["id"], "wrong"))
        self.assertEqual(["robot"], self.client.names("application credential list", as_user=self.mine))
        shown = self.client.show("application credential show", "robot", as_user=self.mine)
        self.assertEqual((made["id"], "r", False), (shown["id"], shown["description"], shown["unrestricted"]))
        rule = self.client.names("access rule list", column="ID", as_user=self.mine)[0]
        self.assertEqual("/v3/auth/**", self.client.show("access rule show", rule, as_user=self.mine)["path"])
        self.client.refused("access rule delete", rule, as_user=self.mine)
        self.client.do("application credential delete", "robot", as_user=self.mine)
        self.client.do("access rule delete", rule, as_user=self.mine)
        self.client.refused("token issue", as_user=self.cloud.program(made["id"], made["secret"]))

    def test_credentials(self) -> None:
        made = self.client.show("credential create", "--type", "cert", self.user, "a certificate")
        self.client.do("credential set", made["id"], "--user", self.user, "--type", "cert", "--data", "another one")
        self.assertEqual("another one", self.client.show("credential show", made["id"])["blob"])
        self.assertEqual([made["id"]], self.client.names("credential list", "--user", self.user, column="ID"))
        self.client.do("credential delete", made["id"])
        self.client.refused("credential show", made["id"])

    def test_ec2_credentials(self) -> None:
        made = self.client.show("ec2 credentials create", as_user=self.mine)
        self.assertEqual((self.user_id, self.project_id), (made["user_id"], made["project_id"]))
        self.assertEqual([made["access"]], self.client.names("ec2 credentials list", column="Access", as_user=self.mine))
        shown = self.client.show("ec2 credentials show", made["access"], as_user=self.mine)
        self.assertEqual(made["secret"], shown["secret"])
        self.client.do("ec2 credentials delete", made["access"], as_user=self.mine)
        self.assertEqual([], self.client.show("ec2 credentials list", as_user=self.mine))

    def test_trusts(self) -> None:
        trustee = self.name("user")
        trustee_id = self.client.show("user create", trustee, "--password", PASSWORD)["id"]
        self.addCleanup(self.client.do, "user delete", trustee_id)
        # By its id: the client cannot look a name up for somebody who may not list roles.
        role = self.client.show("role show", "member")["id"]
        made = self.client.show("trust create", "--project", self.project_id, "--role", role, "--impersonate",
                                self.user_id, trustee_id, as_user=self.mine)
        self.assertEqual((self.user_id, trustee_id, True), (
            made["trustor_user_id"], made["trustee_user_id"], made["is_impersonation"]))
        shown = self.client.show("trust show", made["id"], as_user=self.mine)
        self.assertEqual(made["project_id"], shown["project_id"])
        self.assertEqual([made["id"]], self.client.names("trust list", "--trustor", self.user_id, column="ID",
                                                         as_user=self.mine))
        token = self.client.show("token issue", as_user=self.cloud.user(trustee, PASSWORD, OS_TRUST_ID=made["id"]))
        self.assertEqual((self.user_id, self.project_id), (token["user_id"], token["project_id"]))
        self.client.do("trust delete", made["id"], as_user=self.mine)
        self.client.refused("token issue", as_user=self.cloud.user(trustee, PASSWORD, OS_TRUST_ID=made["id"]))

    def test_consumers(self) -> None:
        role = self.client.show("role show", "member")["id"]
        consumer = self.client.show("consumer create", "--description", "robot")
        self.client.do("consumer set", consumer["id"], "--description", "machine")
        self.assertEqual("machine", self.client.show("consumer show", consumer["id"])["description"])
        self.assertIn(consumer["id"], self.client.names("consumer list", column="ID"))
        program = ("--consumer-key", consumer["id"], "--consumer-secret", consumer["secret"])
        asked = self.client.show("request token create", *program, "--project", "admin")
        # By somebody who may look at roles: the client does, also where it is given an id.
        agreed = self.client.show("request token authorize", "--request-key", asked["id"], "--role", role)
        access = self.client.show("access token create", *program, "--request-key", asked["id"], "--request-secret",
                                  asked["secret"], "--verifier", agreed["oauth_verifier"])
        token = self.client.show("token issue", as_user={
            "OS_AUTH_TYPE": "v3oauth1", "OS_AUTH_URL": self.cloud.auth_url, "OS_CONSUMER_KEY": consumer["id"],
            "OS_CONSUMER_SECRET": consumer["secret"], "OS_ACCESS_KEY": access["id"],
            "OS_ACCESS_SECRET": access["secret"], "OS_IDENTITY_API_VERSION": "3"})
        self.assertEqual(self.client.show("project show", "admin")["id"], token["project_id"])
        self.client.do("consumer delete", consumer["id"])
        self.client.refused("consumer show", consumer["id"])
