"""Aggregates, the zones they make, and hosts by their first API's names."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import claim
from cumulo.scheduler import snapshot
from tests.functional.test_compute_api import SERVERS, V
from tests.functional.test_compute_versions import VersionsCase, add_host

ALL = f"{V}/os-aggregates"


class AggregatesCase(VersionsCase):
    """A cloud with one host."""

    def setUp(self) -> None:
        super().setUp()
        add_host(self)

    def made(self, name: str = "fast", **more: Any) -> str:
        """Return the path of a new aggregate."""
        answer = self.ask("POST", ALL, "2.1", {"aggregate": {"name": name, **more}}, admin=True)
        self.assertEqual(200, answer.status_int, answer.text)
        return f"{ALL}/{answer.json['aggregate']['id']}"

    def act(self, path: str, action: str, **asked: Any) -> Any:
        """Do an action as the administrator."""
        return self.ask("POST", f"{path}/action", "2.1", {action: asked}, admin=True)

    def claim(self, server_id: str) -> None:
        """Let a server have its room on the host."""
        with self.api.database.write() as connection:
            connection.execute(sa.insert(claim).values(
                server_id=server_id, host="host1", vcpus=1, memory_mib=128, disk_gib=1, created_at=1.0))


class Aggregates(AggregatesCase):
    """/os-aggregates."""

    def test_life(self) -> None:
        made = self.ask("POST", ALL, "2.1", {"aggregate": {"name": "fast", "availability_zone": "east"}}, admin=True)
        self.assertEqual({"id", "name", "availability_zone", "created_at", "updated_at", "deleted", "deleted_at"},
                         set(made.json["aggregate"]))
        path = f"{ALL}/{made.json['aggregate']['id']}"
        shown = self.get(path, "2.1", admin=True)["aggregate"]
        self.assertEqual(("east", [], {"availability_zone": "east"}),
                         (shown["availability_zone"], shown["hosts"], shown["metadata"]))
        self.assertEqual({"uuid"}, set(self.get(path, "2.41", admin=True)["aggregate"]) - set(
            self.get(path, "2.40", admin=True)["aggregate"]))
        changed = self.ask("PUT", path, "2.1", {"aggregate": {"name": "quick", "availability_zone": "west"}}, admin=True)
        self.assertEqual(("quick", "west"), (changed.json["aggregate"]["name"], changed.json["aggregate"]["availability_zone"]))
        kept = self.act(path, "set_metadata", metadata={"disk": "ssd", "availability_zone": None}).json["aggregate"]
        self.assertEqual(({"disk": "ssd"}, None), (kept["metadata"], kept["availability_zone"]))
        self.assertEqual(["host1"], self.act(path, "add_host", host="host1").json["aggregate"]["hosts"])
        self.assertEqual(400, self.ask("DELETE", path, "2.1", admin=True).status_int)
        self.assertEqual([], self.act(path, "remove_host", host="host1").json["aggregate"]["hosts"])
        self.assertEqual([200, 404], [self.ask("DELETE", path, "2.1", admin=True).status_int for _ in range(2)])

    def test_refusals(self) -> None:
        path = self.made()
        for body, status in (({"name": ""}, 400), ({"name": "x" * 256}, 400), ({"name": "fast"}, 409), ({}, 400),
                             ({"name": "z", "availability_zone": "a:b"}, 400), ({"name": "z", "hosts": []}, 400)):
            self.assertEqual(status, self.ask("POST", ALL, "2.1", {"aggregate": body}, admin=True).status_int, body)
        self.act(path, "add_host", host="host1")
        self.assertEqual([409, 404, 404], [self.act(path, "add_host", host="host1").status_int,
                                           self.act(path, "add_host", host="none").status_int,
                                           self.act(path, "remove_host", host="none").status_int])
        for name in ("none", "99", "1" * 40):
            self.assertEqual(404, self.ask("GET", f"{ALL}/{name}", "2.1", admin=True).status_int)
        for method, where in (("GET", ALL), ("GET", path), ("DELETE", path)):
            self.assertEqual(403, self.ask(method, where, "2.1").status_int)
        self.made("other")
        self.assertEqual(409, self.ask("PUT", path, "2.1", {"aggregate": {"name": "other"}}, admin=True).status_int)

    def test_a_host_has_one_zone(self) -> None:
        east, west = self.made("e", availability_zone="east"), self.made("w", availability_zone="west")
        self.act(east, "add_host", host="host1")
        self.assertEqual(409, self.act(west, "add_host", host="host1").status_int)
        plain = self.made("plain")
        self.assertEqual(200, self.act(plain, "add_host", host="host1").status_int)
        self.assertEqual(409, self.act(plain, "set_metadata", metadata={"availability_zone": "west"}).status_int)

    def test_servers_keep_their_zone(self) -> None:
        self.claim(self.booted())
        east, plain = self.made("e", availability_zone="east"), self.made("plain")
        self.assertEqual([409, 200], [self.act(each, "add_host", host="host1").status_int for each in (east, plain)])
        self.assertEqual(400, self.act(plain, "set_metadata", metadata={"availability_zone": "east"}).status_int)
        self.assertEqual(200, self.act(plain, "set_metadata", metadata={"disk": "ssd"}).status_int)
        with self.api.database.write() as connection:
            connection.execute(sa.delete(claim))
        self.assertEqual(200, self.act(east, "add_host", host="host1").status_int)
        self.claim(self.booted())
        self.assertEqual([409, 200], [self.act(each, "remove_host", host="host1").status_int for each in (east, plain)])


class Zones(AggregatesCase):
    """What zones are where."""

    def test_shown_everywhere(self) -> None:
        self.act(self.made(availability_zone="east"), "add_host", host="host1")
        names = lambda path: [each["zoneName"] for each in self.get(path, "2.1", admin=True)["availabilityZoneInfo"]]  # noqa: E731
        self.assertEqual(["nova", "east"], names(f"{V}/os-availability-zone"))
        self.assertEqual(["internal", "nova", "east"], names(f"{V}/os-availability-zone/detail"))
        self.assertEqual(["east", "internal"], [each["zone"] for each in self.get(f"{V}/os-services", "2.1", admin=True)["services"]])
        self.assertEqual(["east", "internal"], [each["zone"] for each in self.get(f"{V}/os-hosts", "2.1", admin=True)["hosts"]])
        server_id = self.booted()
        for path, key in ((f"{SERVERS}/{server_id}", "server"), (f"{SERVERS}/detail", "servers")):
            shown = self.get(path, "2.1")[key]
            self.assertEqual("east", (shown[0] if key == "servers" else shown)["OS-EXT-AZ:availability_zone"])
        self.ask("PUT", f"{V}/os-services/disable", "2.1", {"host": "host1", "binary": "nova-compute"}, admin=True)
        zones = {each["zoneName"]: each["zoneState"]["available"]
                 for each in self.get(f"{V}/os-availability-zone", "2.1")["availabilityZoneInfo"]}
        self.assertEqual({"nova": True, "east": False}, zones)

    def test_asked_for_and_seen_by_the_scheduler(self) -> None:
        self.act(path := self.made(availability_zone="east"), "add_host", host="host1")
        self.act(path, "set_metadata", metadata={"disk": "ssd"})
        self.api.post(f"{V}/flavors/{self.flavor}/os-extra_specs", {"extra_specs": {"aggregate_instance_extra_specs:disk": "ssd"}})
        answer = self.boot(availability_zone="east")
        self.assertEqual(202, answer.status_int, answer.text)
        self.assertEqual(400, self.boot(availability_zone="moon").status_int)
        with self.api.database.read() as connection:
            host = snapshot.hosts(connection, self.api.runtime.clock.now(), self.api.conf)[0]
            wanted = snapshot.request(connection, self.api.conf, answer.json["server"]["id"])
        self.assertEqual(("east", frozenset((("availability_zone", "east"), ("disk", "ssd")))), (host.zone, host.said))
        self.assertEqual(("east", (("disk", "ssd"),)), (wanted.zone, wanted.wants_said))


class Hosts(AggregatesCase):
    """/os-hosts."""

    def test_list_and_show(self) -> None:
        self.claim(self.booted())
        hosts = self.get(f"{V}/os-hosts", "2.1", admin=True)["hosts"]
        self.assertEqual([("host1", "compute", "nova"), ("host1", "scheduler", "internal")],
                         [(each["host_name"], each["service"], each["zone"]) for each in hosts])
        for query, count in (("zone=nova", 1), ("zone=", 2), ("zone=none", 0), ("service=compute", 1)):
            self.assertEqual(count, len(self.get(f"{V}/os-hosts?{query}", "2.1", admin=True)["hosts"]), query)
        shown = [each["resource"] for each in self.get(f"{V}/os-hosts/host1", "2.1", admin=True)["host"]]
        project = self.api.services.tokens.validate(self.alice).project_id
        self.assertEqual([("(total)", 4, 4096), ("(used_now)", 1, 128), ("(used_max)", 1, 128), (project, 1, 128)],
                         [(each["project"], each["cpu"], each["memory_mb"]) for each in shown])
        self.assertEqual([200, 404], self.statuses("GET", f"{V}/os-hosts", "2.43", admin=True))
        self.assertEqual(403, self.ask("GET", f"{V}/os-hosts", "2.1").status_int)
        self.assertEqual(404, self.ask("GET", f"{V}/os-hosts/none", "2.1", admin=True).status_int)

    def test_update(self) -> None:
        change = lambda host, body: self.ask("PUT", f"{V}/os-hosts/{host}", "2.1", body, admin=True)  # noqa: E731
        self.assertEqual({"host": "host1", "status": "disabled"}, change("host1", {"status": "disable"}).json)
        self.assertEqual("disabled", self.get(f"{V}/os-services", "2.1", admin=True)["services"][0]["status"])
        self.assertEqual({"host": "host1", "status": "enabled"}, change("host1", {"status": "enable"}).json)
        for body in ({}, {"status": "x"}, {"status": "enable", "maintenance_mode": "enable"},
                     {"maintenance_mode": "disable"}, {"maintenance_mode": "none", "status": "enable"}):
            self.assertEqual(400, change("host1", body).status_int)
        self.assertEqual(404, change("none", {"status": "enable"}).status_int)
