"""Quotas of projects, users and classes, and what projects used."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import compute_quota
from tests.functional.test_compute_api import V
from tests.functional.test_compute_versions import MISSING, VersionsCase

PLAIN = {"instances", "cores", "ram", "key_pairs", "metadata_items", "server_groups", "server_group_members"}
NETWORK = {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}
FILES = {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}


class Quotas(VersionsCase):
    """/os-quota-sets."""

    def setUp(self) -> None:
        super().setUp()
        context = self.api.services.tokens.validate(self.alice)
        self.project, self.user = context.project_id, context.user_id
        self.path = f"{V}/os-quota-sets/{self.project}"

    def set(self, version: str = "2.57", query: str = "", **asked: Any) -> Any:
        """Change quotas as the administrator."""
        return self.ask("PUT", f"{self.path}{query}", version, {"quota_set": asked}, admin=True)

    def test_names_of_each_version(self) -> None:
        for version, names in (("2.1", PLAIN | NETWORK | FILES), ("2.36", PLAIN | FILES), ("2.57", PLAIN)):
            self.assertEqual(names | {"id"}, set(self.get(self.path, version)["quota_set"]))
            self.assertEqual(names | {"id"}, set(self.get(f"{self.path}/defaults", version)["quota_set"]))
            self.assertEqual(names, set(self.set(version).json["quota_set"]))
            detail = self.get(f"{self.path}/detail", version)["quota_set"]
            self.assertEqual(({"limit", "in_use", "reserved"}, self.project), (set(detail["ram"]), detail["id"]))
        for name, version in (("fixed_ips", "2.36"), ("injected_files", "2.57")):
            before = f"2.{int(version[2:]) - 1}"
            self.assertEqual([200, 400], [self.set(each, **{name: 5}).status_int for each in (before, version)])
            self.assertEqual(5, self.get(self.path, before)["quota_set"][name])

    def test_changed_shown_and_forgotten(self) -> None:
        self.boot()
        self.assertEqual((7, 20), (self.set(instances="7").json["quota_set"]["instances"],
                                   self.get(f"{self.path}/defaults", "2.57")["quota_set"]["cores"]))
        detail = self.get(f"{self.path}/detail", "2.57")["quota_set"]
        self.assertEqual({"limit": 7, "in_use": 1, "reserved": 0}, detail["instances"])
        self.assertEqual(7, self.get(f"{V}/limits", "2.57")["limits"]["absolute"]["maxTotalInstances"])
        self.assertEqual(202, self.ask("DELETE", self.path, "2.57", admin=True).status_int)
        self.assertEqual(10, self.get(self.path, "2.57")["quota_set"]["instances"])

    def test_files(self) -> None:
        """What is asked for by personality is held to what quotas and limits say of it."""
        def files(count: int, path: str = "/etc/motd", contents: str = "aGVsbG8=") -> int:
            answer = self.boot(personality=[{"path": path, "contents": contents}] * count)
            return int(answer.status_int)

        def limits() -> list[int]:
            found = self.get(f"{V}/limits", "2.56")["limits"]["absolute"]
            return [found["maxPersonality"], found["maxPersonalitySize"]]

        self.assertEqual(([5, 10240], {name: found for name, found in zip(sorted(FILES), (10240, 255, 5), strict=True)}),
                         (limits(), {name: self.get(self.path, "2.56")["quota_set"][name] for name in FILES}))
        self.assertEqual([202, 403], [files(5), files(6)])
        self.set("2.56", injected_files=1, injected_file_content_bytes=5, injected_file_path_bytes=9)
        self.assertEqual(([1, 5], [202, 403]), (limits(), [files(1), files(2)]))
        self.assertEqual([403, 403], [files(1, path="/etc/motds"), files(1, contents="aGVsbG8h")])
        self.set("2.56", injected_files=0)
        self.assertEqual([403, 202], [files(1), files(0)])

    def test_refusals(self) -> None:
        self.boot()
        self.assertEqual([400, 200], [self.set(instances=0, **more).status_int for more in ({}, {"force": True})])
        for wrong in ({"instances": -2}, {"instances": "x"}, {"none": 1}, {"instances": None}, {"instances": 2**31}):
            self.assertEqual(400, self.set(**wrong).status_int, wrong)
        self.assertEqual(403, self.ask("PUT", self.path, "2.57", {"quota_set": {"cores": 99}}).status_int)
        self.assertEqual(403, self.ask("DELETE", self.path, "2.57").status_int)
        for method, body in (("GET", None), ("PUT", {"quota_set": {}})):
            self.assertEqual(400, self.ask(method, f"{V}/os-quota-sets/{MISSING}", "2.57", body, admin=True).status_int)
        self.assertEqual(403, self.ask("GET", f"{V}/os-quota-sets/{MISSING}/detail", "2.57").status_int)

    def test_they_count(self) -> None:
        self.set(instances=1)
        self.assertEqual([202, 403], [self.boot().status_int for _ in range(2)])
        self.set(instances=-1, ram=300)
        self.assertEqual([202, 403], [self.boot().status_int for _ in range(2)])
        self.set(key_pairs=0)
        self.assertEqual(403, self.ask("POST", f"{V}/os-keypairs", "2.1", {"keypair": {"name": "k"}}).status_int)

    def test_of_one_user(self) -> None:
        query = f"?user_id={self.user}"
        self.assertEqual(1, self.set(query=query, instances=1).json["quota_set"]["instances"])
        self.assertEqual([10, 1], [self.get(f"{self.path}{each}", "2.57")["quota_set"]["instances"] for each in ("", query)])
        self.assertEqual([202, 403], [self.boot().status_int for _ in range(2)])
        self.assertEqual(202, self.ask("DELETE", f"{self.path}{query}", "2.57", admin=True).status_int)
        self.assertEqual(202, self.boot().status_int)

    def test_classes(self) -> None:
        path = f"{V}/os-quota-class-sets/default"
        for version, names in (("2.1", PLAIN | NETWORK | FILES), ("2.50", PLAIN | FILES), ("2.57", PLAIN)):
            self.assertEqual(names | {"id"}, set(self.get(path, version, admin=True)["quota_class_set"]))
            answer = self.ask("PUT", path, version, {"quota_class_set": {"cores": 33}}, admin=True)
            self.assertEqual((names, 33), (set(answer.json["quota_class_set"]), answer.json["quota_class_set"]["cores"]))
        self.assertEqual([33, 33], [self.get(f"{self.path}{each}", "2.57")["quota_set"]["cores"] for each in ("", "/defaults")])
        self.set(cores=5)
        self.assertEqual([5, 33], [self.get(f"{self.path}{each}", "2.57")["quota_set"]["cores"] for each in ("", "/defaults")])
        self.assertEqual(20, self.get(f"{V}/os-quota-class-sets/other", "2.57", admin=True)["quota_class_set"]["cores"])
        self.assertEqual(403, self.ask("GET", path, "2.57").status_int)
        for wrong in ({"cores": -2}, {"x": 1}):
            self.assertEqual(400, self.ask("PUT", path, "2.57", {"quota_class_set": wrong}, admin=True).status_int)

    def test_they_go_with_the_project(self) -> None:
        made = self.api.post("/identity/v3/projects", {"project": {"name": "short"}}).json["project"]["id"]
        self.ask("PUT", f"{V}/os-quota-sets/{made}", "2.57", {"quota_set": {"cores": 1}}, admin=True)
        self.assertEqual(204, self.api.delete(f"/identity/v3/projects/{made}").status_int)
        with self.api.database.read() as connection:
            self.assertEqual([], connection.execute(sa.select(compute_quota)).all())


class Usage(VersionsCase):
    """/os-simple-tenant-usage."""

    def setUp(self) -> None:
        super().setUp()
        self.project = self.api.services.tokens.validate(self.alice).project_id
        self.path = f"{V}/os-simple-tenant-usage"
        self.server_id = self.booted()  # launched on the 14th of July 2017 at 02:40
        self.finish(self.server_id, terminated_at=1.5e9 + 7200)

    def test_hours(self) -> None:
        for span, hours in (("start=2017-07-14T00:00:00&end=2017-07-15T00:00:00", 2.0),
                            ("start=2017-07-14T03:40:00.000000&end=2017-07-15T00:00:00", 1.0),
                            ("start=2017-07-14%2000:00:00&end=2017-07-14%2003:10:00", 0.5)):
            shown = self.get(f"{self.path}/{self.project}?{span}", "2.1")["tenant_usage"]
            self.assertEqual((hours, hours, 128 * hours, hours), (
                shown["total_hours"], shown["total_vcpus_usage"], shown["total_memory_mb_usage"], shown["total_local_gb_usage"]))
            server = shown["server_usages"][0]
            self.assertEqual((self.server_id, "terminated", 7200, hours, "m1.small"), (
                server["instance_id"], server["state"], server["uptime"], server["hours"], server["flavor"]))

    def test_nothing(self) -> None:
        self.assertEqual({"tenant_usage": {}}, self.get(f"{self.path}/{self.project}", "2.1"))
        self.assertEqual({"tenant_usages": []}, self.get(self.path, "2.1", admin=True))
        self.assertEqual(404, self.ask("GET", f"{self.path}/", "2.1", admin=True).status_int)

    def test_list(self) -> None:
        span = "start=2017-07-14T00:00:00&end=2017-07-15T00:00:00"
        listed = self.get(f"{self.path}?{span}", "2.1", admin=True)["tenant_usages"]
        self.assertEqual([(self.project, 2.0, False)], [
            (each["tenant_id"], each["total_hours"], "server_usages" in each) for each in listed])
        self.assertIn("server_usages", self.get(f"{self.path}?{span}&detailed=1", "2.1", admin=True)["tenant_usages"][0])
        self.assertEqual(403, self.ask("GET", self.path, "2.1").status_int)
        self.assertEqual(403, self.ask("GET", f"{self.path}/{MISSING}", "2.1").status_int)

    def test_pages(self) -> None:
        self.booted()
        span = "start=2017-07-14T00:00:00&end=2017-07-15T00:00:00&limit=1"
        counts = [len(self.get(f"{self.path}/{self.project}?{span}", each)["tenant_usage"]["server_usages"])
                  for each in ("2.39", "2.40")]
        self.assertEqual([2, 1], counts)
        page = self.get(f"{self.path}?{span}&detailed=1", "2.40", admin=True)
        following = page["tenant_usages_links"][0]["href"].partition("localhost")[2]
        rest = self.get(following, "2.40", admin=True)
        self.assertEqual((1, False), (len(rest["tenant_usages"][0]["server_usages"]), "tenant_usages_links" in rest))

    def test_refusals(self) -> None:
        for query in ("start=x", "end=x", "start=2017-07-15&end=2017-07-14"):
            self.assertEqual(400, self.ask("GET", f"{self.path}/{self.project}?{query}", "2.1").status_int, query)
        self.assertEqual(400, self.ask("GET", f"{self.path}/{self.project}?marker=none", "2.40").status_int)
