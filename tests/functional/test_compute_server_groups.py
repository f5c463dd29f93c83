"""Server groups and scheduler hints: what is asked and recorded, and where the scheduler would place what was asked."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import server, server_group
from cumulo.scheduler import snapshot, steps
from cumulo.scheduler.filters import Host
from tests.functional.test_compute_api import SERVERS, V, at
from tests.functional.test_compute_versions import MISSING, VersionsCase, add_host

GROUPS = f"{V}/os-server-groups"


class ServerGroups(VersionsCase):
    """/os-server-groups."""

    def made(self, policy: str = "anti-affinity", version: str = "2.64", **more: Any) -> Any:
        """Ask for a group."""
        return self.ask("POST", GROUPS, version, {"server_group": {"name": "g", "policy": policy, **more}})

    def test_body_of_each_version(self) -> None:
        group_id = self.made().json["server_group"]["id"]
        context = self.api.services.tokens.validate(self.alice)
        old = {"id": group_id, "name": "g", "members": [], "policies": ["anti-affinity"], "metadata": {}}
        whose = {"project_id": context.project_id, "user_id": context.user_id}
        new = {"id": group_id, "name": "g", "members": [], "policy": "anti-affinity", "rules": {}}
        for version, expected in (("2.1", old), ("2.12", old), ("2.13", old | whose), ("2.63", old | whose), ("2.64", new | whose)):
            self.assertEqual(expected, self.get(f"{GROUPS}/{group_id}", version)["server_group"], version)
            self.assertEqual([expected], self.get(GROUPS, version)["server_groups"], version)

    def test_what_may_be_asked(self) -> None:
        soft = {"server_group": {"name": "g", "policies": ["soft-affinity"]}}
        self.assertEqual([400, 200], self.statuses("POST", GROUPS, "2.15", soft))
        self.assertEqual([200, 400], self.statuses("POST", GROUPS, "2.64", soft))
        self.assertEqual({"max_server_per_host": 2}, self.made(rules={"max_server_per_host": "2"}).json["server_group"]["rules"])
        for more in ({"policy": "none"}, {"rules": {"x": 1}}, {"rules": {"max_server_per_host": 0}}, {"name": ""},
                     {"policy": "affinity", "rules": {"max_server_per_host": 2}}, {"metadata": {}}):
            body = {"server_group": {"name": "g", "policy": "anti-affinity"} | more}
            self.assertEqual(400, self.ask("POST", GROUPS, "2.64", body).status_int, more)
        for policies in ([], ["affinity", "affinity"], ["affinity", "anti-affinity"], "affinity"):
            body = {"server_group": {"name": "g", "policies": policies}}
            self.assertEqual(400, self.ask("POST", GROUPS, "2.1", body).status_int, policies)

    def test_pages_and_strangers(self) -> None:
        ids = [self.made().json["server_group"]["id"] for _ in range(3)]
        self.assertEqual(ids[1:2], [each["id"] for each in self.get(f"{GROUPS}?limit=1&offset=1", "2.1")["server_groups"]])
        bob = self.api.make_user("bob")
        self.assertEqual([], self.api.get(GROUPS, token=bob).json["server_groups"])
        self.assertEqual([], self.api.get(f"{GROUPS}?all_projects=1", token=bob).json["server_groups"])
        self.assertEqual(3, len(self.get(f"{GROUPS}?all_projects=1", "2.1", admin=True)["server_groups"]))
        for method in ("GET", "DELETE"):
            self.assertEqual(404, self.api.request(method, f"{GROUPS}/{ids[0]}", token=bob).status_int)
        self.assertEqual([204, 404], [self.ask("DELETE", f"{GROUPS}/{ids[0]}", "2.1").status_int for _ in range(2)])

    def test_quota(self) -> None:
        self.api.conf.set_override("quota_server_groups", 1, group="servers")
        self.api.conf.set_override("quota_server_group_members", 1, group="servers")
        group_id = self.made().json["server_group"]["id"]
        self.assertEqual(403, self.made().status_int)
        hints = {"os:scheduler_hints": {"group": group_id}}
        self.assertEqual([202, 403], [self.hinted(hints).status_int for _ in range(2)])
        absolute = self.get(f"{V}/limits", "2.57")["limits"]["absolute"]
        self.assertEqual((1, 1, 1), (absolute["maxServerGroups"], absolute["maxServerGroupMembers"], absolute["totalServerGroupsUsed"]))

    def hinted(self, hints: dict[str, Any], version: str = "2.1") -> Any:
        """Ask for a server with hints."""
        body = {"server": {"name": "one", "imageRef": self.image, "flavorRef": self.flavor}} | hints
        if version != "2.1":
            body["server"]["networks"] = "none"
        return self.api.post(SERVERS, body, token=self.alice, headers=at(version))

    def test_members(self) -> None:
        group_id = self.made().json["server_group"]["id"]
        server_id = self.hinted({"os:scheduler_hints": {"group": group_id, "my": "own"}}).json["server"]["id"]
        self.assertEqual([server_id], self.get(f"{GROUPS}/{group_id}", "2.1")["server_group"]["members"])
        path = f"{SERVERS}/{server_id}"
        shown = [self.get(path, each)["server"] for each in ("2.70", "2.71", "2.99", "2.100")]
        self.assertEqual([None, [group_id]], [each.get("server_groups") for each in shown[:2]])
        self.assertEqual([None, {"group": group_id, "my": "own"}], [each.get("scheduler_hints") for each in shown[2:]])
        listed = self.get(f"{SERVERS}/detail", "2.100")["servers"][0]
        self.assertEqual((False, True), ("server_groups" in listed, "scheduler_hints" in listed))
        self.finish(server_id, status="DELETED", deleted_at=2e9, host=None)
        self.assertEqual([], self.get(f"{GROUPS}/{group_id}", "2.1")["server_group"]["members"])

    def test_group_goes_and_its_servers_stay(self) -> None:
        group_id = self.made().json["server_group"]["id"]
        server_id = self.hinted({"os:scheduler_hints": {"group": group_id}}).json["server"]["id"]
        self.assertEqual(204, self.ask("DELETE", f"{GROUPS}/{group_id}", "2.1").status_int)
        self.assertEqual([], self.get(f"{SERVERS}/{server_id}", "2.71")["server"]["server_groups"])

    def test_hints_that_are_refused(self) -> None:
        bobs = self.api.post(GROUPS, {"server_group": {"name": "g", "policies": ["affinity"]}}, token=self.api.make_user("bob"))
        for hints in ({"group": MISSING}, {"group": bobs.json["server_group"]["id"]}, {"group": "x"}, {"same_host": 7},
                      {"same_host": ["x"]}, {"query": "[]"}, {"build_near_host_ip": "10.0.0.1"}):
            for name in ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"):
                self.assertEqual(400, self.hinted({name: hints}).status_int, hints)
        self.assertEqual(0, self.count())

    def test_what_the_scheduler_sees(self) -> None:
        group_id = self.made(rules={"max_server_per_host": 3}).json["server_group"]["id"]
        with_group = {"os:scheduler_hints": {"group": group_id}}
        first, second = (self.hinted(with_group).json["server"]["id"] for _ in range(2))
        self.finish(first, status="ACTIVE", host="host1")
        strangers = self.booted_by_bob()
        third = self.hinted({"os:scheduler_hints": {
            "same_host": first, "different_host": [first, strangers, MISSING]}}).json["server"]["id"]
        with self.api.database.read() as connection:
            seen, beside = snapshot.request(connection, self.conf(), second), snapshot.request(connection, self.conf(), third)
        self.assertEqual((group_id, "anti-affinity", 3, ("host1",)), (
            seen.group.id, seen.group.policy, seen.group.most_on_host, seen.group.hosts))
        self.assertEqual((("host1",), ("host1",)), (beside.same_hosts, beside.different_hosts), "a stranger's is nowhere")
        self.assertEqual((None, None, ()), (beside.group, seen.same_hosts, seen.different_hosts))

    def booted_by_bob(self) -> str:
        """Return the id of another project's server, on a host of its own."""
        server_id = str(self.boot(token=self.api.make_user("bob")).json["server"]["id"])
        self.finish(server_id, status="ACTIVE", host="host2")
        return server_id

    def test_second_member_is_planned_again_when_the_first_was_placed_meanwhile(self) -> None:
        add_host(self)
        group_id = self.made().json["server_group"]["id"]
        first, second = (self.hinted({"os:scheduler_hints": {"group": group_id}}).json["server"]["id"] for _ in range(2))
        with self.api.database.read() as connection:
            plans = [snapshot.request(connection, self.conf(), each) for each in (first, second)]
            host = snapshot.hosts(connection, self.api.runtime.clock.now(), self.conf())[0]
        self.claim(first, steps.Placement(host, plans[0]))
        with self.assertRaises(steps.PlanOutdated):
            self.claim(second, steps.Placement(self.unchanged(host), plans[1]))
        with self.api.database.read() as connection:
            self.assertEqual(1, connection.execute(sa.select(server_group.c.generation)).scalar_one() - plans[0].group.generation)
            self.assertIsNone(connection.execute(sa.select(server.c.host).where(server.c.id == second)).scalar_one())

    def unchanged(self, host: Host) -> Host:
        """Return the host at its newest generation: what is outdated then is the group alone."""
        with self.api.database.read() as connection:
            return snapshot.hosts(connection, self.api.runtime.clock.now(), self.conf())[0]

    def claim(self, server_id: str, planned: steps.Placement) -> None:
        """Do the step as the runner does."""
        with self.api.database.write() as connection:
            work = steps.Work("build_server", {"server_id": server_id})
            steps.claim_host(connection, self.api.database.now(connection), work, planned)

    def conf(self) -> Any:
        """Return a configuration that the scheduler can read."""
        return self.api.conf
