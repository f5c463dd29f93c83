"""Domains, projects, users, groups, roles, and who has which role where."""

from tests.contract.client import ContractCase

PASSWORD = "correct horse 7"


class PeopleTest(ContractCase):
    """Who there is."""

    def make(self, kind: str, *arguments: str) -> str:
        """Make something, to be deleted at the end; return its name."""
        name = self.name(kind)
        self.client.show(f"{kind} create", name, *arguments)
        self.addCleanup(self.client.do, f"{kind} delete", name)
        return name

    def test_domains(self) -> None:
        domain = self.name("domain")
        self.client.show("domain create", domain, "--description", "theirs")
        self.client.do("domain set", domain, "--description", "ours", "--disable")
        shown = self.client.show("domain show", domain)
        self.assertEqual(("ours", False), (shown["description"], shown["enabled"]))
        self.assertEqual([domain], self.client.names("domain list", "--name", domain))
        self.assertNotIn(domain, self.client.names("domain list", "--enabled"))
        self.client.do("domain set", domain, "--enable")
        self.assertIn("disable it first", self.client.refused("domain delete", domain))
        self.client.do("domain set", domain, "--disable")
        self.client.do("domain delete", domain)
        self.client.refused("domain show", domain)

    def test_projects(self) -> None:
        project = self.make("project", "--description", "work", "--tag", "red", "--property", "color=blue")
        shown = self.client.show("project show", project)
        self.assertEqual(("work", ["red"], "default"), (shown["description"], shown["tags"], shown["domain_id"]))
        self.client.do("project set", project, "--tag", "green", "--description", "rest", "--disable")
        shown = self.client.show("project show", project)
        self.assertEqual(("rest", False, ["green", "red"]), (shown["description"], shown["enabled"], sorted(shown["tags"])))
        self.client.do("project set", project, "--clear-tags", "--enable")
        self.assertEqual([], self.client.show("project show", project)["tags"])
        self.client.do("project set", project, "--tag", "red")
        self.assertEqual([project], self.client.names("project list", "--tags", "red"))
        self.client.refused("project create", project)
        self.client.show("project create", project, "--or-show")

    def test_users(self) -> None:
        user = self.make("user", "--password", PASSWORD, "--email", "me@example.org", "--description", "me",
                         "--ignore-lockout-failure-attempts")
        shown = self.client.show("user show", user)
        self.assertEqual(("me@example.org", "me", True), (shown["email"], shown["description"], shown["enabled"]))
        self.client.do("user set", user, "--email", "you@example.org", "--disable")
        self.assertFalse(self.client.show("user show", user)["enabled"])
        self.client.refused("token issue", as_user=self.cloud.user(user, PASSWORD))
        self.client.do("user set", user, "--enable", "--password", "another horse 8")
        self.client.refused("token issue", as_user=self.cloud.user(user, PASSWORD))
        mine = self.cloud.user(user, "another horse 8")
        self.client.show("token issue", as_user=mine)
        self.client.do("user password set", "--original-password", "another horse 8", "--password", "a third horse 9",
                       as_user=mine)
        self.client.refused("token issue", as_user=mine)
        self.client.show("token issue", as_user=self.cloud.user(user, "a third horse 9"))
        self.assertIn(user, self.client.names("user list", "--domain", "default"))

    def test_groups(self) -> None:
        group, user = self.make("group", "--description", "some"), self.make("user", "--password", PASSWORD)
        self.client.do("group set", group, "--description", "all")
        self.assertEqual("all", self.client.show("group show", group)["description"])
        self.client.do("group add user", group, user)
        self.assertNotIn("not in", self.client.do("group contains user", group, user))
        self.assertEqual([user], self.client.names("user list", "--group", group))
        self.assertEqual([group], self.client.names("group list", "--user", user))
        self.client.do("group remove user", group, user)
        self.assertIn("not in", self.client.do("group contains user", group, user))

    def test_assignments(self) -> None:
        user, group, project = self.make("user", "--password", PASSWORD), self.make("group"), self.make("project")
        places = (("--project", project), ("--domain", "default"), ("--system", "all"))
        for who in (("--user", user), ("--group", group)):
            for where in places:
                self.client.do("role add", *who, *where, "member")
                self.assertEqual(["member"], self.client.names("role assignment list", *who, *where, "--names",
                                                               column="Role"))
                self.client.do("role remove", *who, *where, "member")
                self.assertEqual([], self.client.show("role assignment list", *who, *where))
        self.client.do("role add", "--user", user, "--domain", "default", "--inherited", "member")
        self.assertEqual([True], self.client.names("role assignment list", "--user", user, column="Inherited"))
        effective = self.client.names("role assignment list", "--user", user, "--project", project, "--effective", "--names",
                                      column="Role")
        self.assertEqual(["member", "reader"], sorted(effective))
        self.client.show("token issue", as_user=self.cloud.user(user, PASSWORD, project))
        self.client.do("role remove", "--user", user, "--domain", "default", "--inherited", "member")
        self.client.refused("token issue", as_user=self.cloud.user(user, PASSWORD, project))

    def test_what_a_plain_user_may_not(self) -> None:
        user, project = self.make("user", "--password", PASSWORD), self.make("project")
        self.client.do("role add", "--user", user, "--project", project, "member")
        mine = self.cloud.user(user, PASSWORD, project)
        for command in ("user list", "domain list", "role list", "service list", "endpoint group list", "policy list",
                        "role assignment list"):
            self.assertIn("403", self.client.refused(command, as_user=mine))
        for command in ("user create", "role create", "domain create"):
            self.assertIn("403", self.client.refused(command, self.name("x"), as_user=mine))
        self.assertEqual([project], self.client.names("project list", "--my-projects", as_user=mine))

    def test_project_trees(self) -> None:
        parent, child = self.make("project"), self.name("project")
        made = self.client.show("project create", child, "--parent", parent)
        above = self.client.show("project show", parent)["id"]
        self.assertEqual(above, made["parent_id"])
        self.assertIn(above, str(self.client.show("project show", child, "--parents")["parents"]))
        self.assertIn(made["id"], str(self.client.show("project show", parent, "--children")["subtree"]))
        self.assertEqual([child], self.client.names("project list", "--parent", parent))
        self.client.refused("project delete", parent)
        self.client.do("project delete", child)

    def test_roles(self) -> None:
        role, other = self.make("role", "--description", "doer"), self.make("role")
        self.client.do("role set", role, "--description", "maker")
        self.assertEqual("maker", self.client.show("role show", role)["description"])
        self.assertLessEqual({role, "admin", "manager", "member", "reader"}, set(self.client.names("role list")))
        self.client.show("implied role create", role, "--implied-role", other)
        rules = {(each["Prior Role Name"], each["Implied Role Name"]) for each in self.client.show("implied role list")}
        self.assertLessEqual({(role, other), ("admin", "manager"), ("member", "reader")}, rules)
        self.client.do("implied role delete", role, "--implied-role", other)
        self.client.refused("implied role delete", role, "--implied-role", other)

    def test_roles_of_a_domain(self) -> None:
        domain, role = self.name("domain"), self.name("role")
        self.client.show("domain create", domain)
        made = self.client.show("role create", role, "--domain", domain)
        self.assertEqual(self.client.show("domain show", domain)["id"], made["domain_id"])
        self.assertEqual([role], self.client.names("role list", "--domain", domain))
        self.assertNotIn(role, self.client.names("role list"))
        self.client.do("role delete", role, "--domain", domain)
        self.client.do("domain set", domain, "--disable")
        self.client.do("domain delete", domain)
