"""Security groups by compute's names, and those of a server: over the rules of the network."""

from typing import Any

from tests.functional.test_compute_api import SERVERS, V
from tests.functional.test_compute_versions import MISSING, VersionsCase

GROUPS, RULES = f"{V}/os-security-groups", f"{V}/os-security-group-rules"


class SecurityGroupsCase(VersionsCase):
    """A few short ways to ask."""

    def made(self, name: str) -> str:
        """Return the id of a new group of alice's."""
        answer = self.ask("POST", GROUPS, "2.1", {"security_group": {"name": name, "description": "d"}})
        self.assertEqual(200, answer.status_int, answer.text)
        return str(answer.json["security_group"]["id"])

    def rule(self, parent: str, **asked: Any) -> Any:
        """Ask for a rule."""
        return self.ask("POST", RULES, "2.1", {"security_group_rule": {"parent_group_id": parent, **asked}})


class Groups(SecurityGroupsCase):
    """/os-security-groups and /os-security-group-rules."""

    def test_life_of_a_group(self) -> None:
        group_id = self.made(" web ")
        path = f"{GROUPS}/{group_id}"
        shown = self.get(path, "2.1")["security_group"]
        project = self.api.services.tokens.validate(self.alice).project_id
        self.assertEqual({"id": group_id, "name": " web ", "description": "d", "tenant_id": project, "rules": []}, shown)
        names = [each["name"] for each in self.get(GROUPS, "2.1")["security_groups"]]
        self.assertEqual([" web ", "default"], names)
        self.assertEqual(["default"], [each["name"] for each in self.get(f"{GROUPS}?offset=1&limit=5", "2.1")["security_groups"]])
        changed = self.ask("PUT", path, "2.1", {"security_group": {"name": "db", "description": "e"}})
        self.assertEqual(("db", "e"), (changed.json["security_group"]["name"], changed.json["security_group"]["description"]))
        self.assertEqual([202, 404], [self.ask("DELETE", path, "2.1").status_int for _ in range(2)])
        self.assertEqual(404, self.ask("DELETE", f"{GROUPS}/", "2.1").status_int)

    def test_refusals(self) -> None:
        default = next(each["id"] for each in self.get(GROUPS, "2.1")["security_groups"] if each["name"] == "default")
        self.assertEqual(400, self.ask("DELETE", f"{GROUPS}/{default}", "2.1").status_int)
        for body in ({}, {"name": "x"}, {"name": "", "description": ""}, {"name": "x" * 256, "description": ""},
                     {"name": "x", "description": "x" * 256}, {"name": "default", "description": ""}):
            self.assertEqual(400, self.ask("POST", GROUPS, "2.1", {"security_group": body}).status_int, body)
        for group_id, status in (("none", 400), (MISSING, 404)):
            self.assertEqual(status, self.ask("GET", f"{GROUPS}/{group_id}", "2.1").status_int)
        for query in ("limit=x", "offset=-1", "all_tenants=maybe"):
            self.assertEqual(400, self.ask("GET", f"{GROUPS}?{query}", "2.1").status_int)

    def test_others_see_nothing(self) -> None:
        group_id, bob = self.made("web"), self.api.make_user("bob")
        rule_id = self.rule(group_id, ip_protocol="tcp", from_port=1, to_port=2).json["security_group_rule"]["id"]
        self.assertEqual(["default"], [each["name"] for each in self.api.get(GROUPS, token=bob).json["security_groups"]])
        for method, path in (("GET", f"{GROUPS}/{group_id}"), ("DELETE", f"{GROUPS}/{group_id}"), ("DELETE", f"{RULES}/{rule_id}")):
            self.assertEqual(404, self.api.request(method, path, token=bob).status_int)
        everybody = [each["id"] for each in self.api.get(f"{GROUPS}?all_tenants=1").json["security_groups"]]
        self.assertIn(group_id, everybody)

    def test_they_went(self) -> None:
        for path in (GROUPS, f"{GROUPS}/{self.made('web')}"):
            self.assertEqual([200, 404], self.statuses("GET", path, "2.36"))

    def test_rules(self) -> None:
        group_id = self.made("web")
        made = self.rule(group_id, ip_protocol="TCP", from_port="22", to_port=22).json["security_group_rule"]
        self.assertEqual({"id": made["id"], "parent_group_id": group_id, "ip_protocol": "tcp", "from_port": 22, "to_port": 22,
                          "group": {}, "ip_range": {"cidr": "0.0.0.0/0"}}, made)
        self.assertEqual([made], self.get(f"{GROUPS}/{group_id}", "2.1")["security_group"]["rules"])
        self.assertEqual(400, self.rule(group_id, ip_protocol="tcp", from_port=22, to_port=22).status_int)
        ping = self.rule(group_id, ip_protocol="icmp", from_port=-1, to_port=-1).json["security_group_rule"]
        self.assertEqual((-1, -1), (ping["from_port"], ping["to_port"]))
        ranged = self.rule(group_id, ip_protocol="udp", from_port=1, to_port=9, cidr="10.2.3.124/24").json["security_group_rule"]
        self.assertEqual({"cidr": "10.2.3.124/24"}, ranged["ip_range"])
        project = self.api.services.tokens.validate(self.alice).project_id
        inner = self.rule(group_id, group_id=group_id).json["security_group_rule"]
        self.assertEqual(({"name": "web", "tenant_id": project}, {}), (inner["group"], inner["ip_range"]))
        self.assertEqual([202, 404], [self.ask("DELETE", f"{RULES}/{made['id']}", "2.1").status_int for _ in range(2)])

    def test_rules_that_are_refused(self) -> None:
        group_id = self.made("web")
        tcp = {"ip_protocol": "tcp", "from_port": 1, "to_port": 2}
        for more in ({"ip_protocol": "nonsense"}, {"from_port": 65536}, {"to_port": 0}, {"from_port": 3}, {"cidr": "x"},
                     {"ip_protocol": None}, {"from_port": None}, {"group_id": "none"}):
            self.assertEqual(400, self.rule(group_id, **tcp | more).status_int, more)
        self.assertEqual([400, 404], [self.rule(each, **tcp).status_int for each in ("none", MISSING)])
        self.assertEqual(404, self.rule(group_id, group_id=MISSING).status_int)


class OfServers(SecurityGroupsCase):
    """The groups of a server."""

    def names(self, server_id: str) -> list[str]:
        """Return the names that the server shows."""
        shown = self.get(f"{SERVERS}/{server_id}", "2.1")["server"]
        listed = [each["name"] for each in self.get(f"{SERVERS}/{server_id}/os-security-groups", "2.100")["security_groups"]]
        self.assertEqual(listed, [each["name"] for each in shown.get("security_groups", [])])
        return listed

    def act(self, server_id: str, action: str, name: str) -> int:
        """Return the status of an action."""
        return int(self.ask("POST", f"{SERVERS}/{server_id}/action", "2.1", {action: {"name": name}}).status_int)

    def test_chosen_at_creation(self) -> None:
        group_id = self.made("web")
        answer = self.boot(security_groups=[{"name": "web"}, {"name": "default"}])
        self.assertEqual([{"name": "web"}, {"name": "default"}], answer.json["server"]["security_groups"])
        self.assertEqual(["default", "web"], self.names(answer.json["server"]["id"]))
        self.assertEqual(["web"], self.names(self.boot(security_groups=[{"name": group_id}]).json["server"]["id"]))
        self.assertEqual(["default"], self.names(self.boot(security_groups=[{"name": "default"}]).json["server"]["id"]))
        self.assertEqual([], self.names(self.boot(headers={"OpenStack-API-Version": "compute 2.37"}, networks="none").json["server"]["id"]))
        self.made("web")
        self.assertEqual(409, self.boot(security_groups=[{"name": "web"}]).status_int)

    def test_added_and_removed(self) -> None:
        group_id, server_id = self.made("web"), self.booted()
        self.assertEqual([202, 202], [self.act(server_id, "addSecurityGroup", each) for each in ("web", group_id)])
        self.assertEqual(["default", "web"], self.names(server_id))
        self.assertEqual(400, self.ask("DELETE", f"{GROUPS}/{group_id}", "2.1").status_int)
        self.assertEqual([404, 404], [self.act(server_id, each, "none") for each in ("addSecurityGroup", "removeSecurityGroup")])
        self.assertEqual([202, 404], [self.act(server_id, "removeSecurityGroup", "web") for _ in range(2)])
        self.assertEqual(202, self.act(server_id, "removeSecurityGroup", "default"))
        self.assertEqual([], self.names(server_id))
        self.assertNotIn("security_groups", self.get(f"{SERVERS}/{server_id}", "2.1")["server"])
        bob = self.api.make_user("bob")
        refused = self.api.post(f"{SERVERS}/{server_id}/action", {"addSecurityGroup": {"name": "default"}}, token=bob)
        self.assertEqual(404, refused.status_int)
        self.assertEqual(404, self.api.get(f"{SERVERS}/{server_id}/os-security-groups", token=bob).status_int)

    def test_not_where_nothing_is_filtered_or_while_locked(self) -> None:
        bare = self.boot(headers={"OpenStack-API-Version": "compute 2.37"}, networks="none").json["server"]["id"]
        self.made("web")
        self.assertEqual(400, self.act(bare, "addSecurityGroup", "web"))
        server_id = self.booted()
        self.ask("POST", f"{SERVERS}/{server_id}/action", "2.1", {"lock": None})
        self.assertEqual(409, self.act(server_id, "addSecurityGroup", "web"))
