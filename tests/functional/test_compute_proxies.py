"""What compute tells of others' things: floating addresses, external events, the usage of hosts, guests' passwords."""

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume
from cumulo.compute import servers
from tests.functional.test_compute_api import SERVERS, V
from tests.functional.test_compute_versions import MISSING, VersionsCase

ADDRESSES = f"{V}/os-floating-ips"


class FloatingAddresses(VersionsCase):
    """/os-floating-ips, /os-floating-ip-pools, and the actions that use them."""

    def setUp(self) -> None:
        super().setUp()
        network = self.api.post("/network/v2.0/networks", {"network": {"name": "out", "router:external": True}})
        self.outside = network.json["network"]["id"]
        self.made("subnets", {"subnet": {"network_id": self.outside, "cidr": "203.0.113.0/28", "ip_version": 4}})
        self.inside = self.made("networks", {"network": {"name": "in"}}, self.alice)["network"]["id"]
        subnet = self.made("subnets", {"subnet": {"network_id": self.inside, "cidr": "10.9.0.0/24", "ip_version": 4}},
                           self.alice)["subnet"]["id"]
        router = self.made("routers", {"router": {"external_gateway_info": {"network_id": self.outside}}},
                           self.alice)["router"]["id"]
        added = self.api.put(f"/network/v2.0/routers/{router}/add_router_interface", {"subnet_id": subnet},
                             token=self.alice)
        self.assertEqual(200, added.status_int, added.text)

    def made(self, kind: str, body: Any, token: str = "") -> Any:
        """Make something by the network API."""
        answer = self.api.post(f"/network/v2.0/{kind}", body, token=token)
        self.assertEqual(201, answer.status_int, answer.text)
        return answer.json

    def act(self, server_id: str, action: dict[str, Any], version: str = "2.1") -> int:
        """Return the status that an action is answered with."""
        return int(self.ask("POST", f"{SERVERS}/{server_id}/action", version, action).status_int)

    def taken(self, pool: str | None = None) -> Any:
        """Return a new floating address."""
        answer = self.ask("POST", ADDRESSES, "2.1", {"pool": pool} if pool else {})
        self.assertEqual(200, answer.status_int, answer.text)
        return answer.json["floating_ip"]

    def test_life(self) -> None:
        self.assertEqual([{"name": "out"}], self.get(f"{V}/os-floating-ip-pools", "2.1")["floating_ip_pools"])
        made = [self.taken(pool) for pool in ("out", self.outside, None)]
        self.assertEqual({"id", "ip", "fixed_ip", "instance_id", "pool"}, set(made[0]))
        self.assertEqual(("out", None, None), (made[1]["pool"], made[1]["instance_id"], made[1]["fixed_ip"]))
        self.assertEqual(made, self.get(ADDRESSES, "2.1")["floating_ips"])
        path = f"{ADDRESSES}/{made[0]['id']}"
        self.assertEqual(made[0], self.get(path, "2.1")["floating_ip"])
        self.assertEqual([202, 404], [self.ask("DELETE", path, "2.1").status_int for _ in range(2)])
        for method, where in (("GET", ADDRESSES), ("GET", f"{V}/os-floating-ip-pools"), ("POST", ADDRESSES)):
            self.assertEqual([200, 404], self.statuses(method, where, "2.36", {} if method == "POST" else None))

    def test_refusals(self) -> None:
        self.assertEqual(404, self.ask("POST", ADDRESSES, "2.1", {"pool": "none"}).status_int)
        for method in ("GET", "DELETE"):
            self.assertEqual(404, self.ask(method, f"{ADDRESSES}/{MISSING}", "2.1").status_int)
        project = self.api.services.tokens.validate(self.alice).project_id
        self.api.put(f"/network/v2.0/quotas/{project}", {"quota": {"floatingip": 1}})
        self.taken()
        self.assertEqual(403, self.ask("POST", ADDRESSES, "2.1", {}).status_int)

    def test_strangers_see_nothing(self) -> None:
        path, bob = f"{ADDRESSES}/{self.taken()['id']}", self.api.make_user("bob")
        self.assertEqual([], self.api.get(ADDRESSES, token=bob).json["floating_ips"])
        for method in ("GET", "DELETE"):
            self.assertEqual(404, self.api.request(method, path, token=bob).status_int)

    def test_of_servers(self) -> None:
        first, second = (self.booted(networks=[{"uuid": self.inside}]) for _ in range(2))
        address = self.taken()
        add, remove = ({name: {"address": address["ip"]}} for name in ("addFloatingIp", "removeFloatingIp"))
        for server_id in (first, second):  # the second takes it from the first
            self.assertEqual(202, self.act(server_id, add))
            shown = self.get(f"{ADDRESSES}/{address['id']}", "2.1")["floating_ip"]
            self.assertEqual((server_id, True), (shown["instance_id"], shown["fixed_ip"].startswith("10.9.0.")))
        self.assertEqual([409, 202, 409], [self.act(first, remove), self.act(second, remove), self.act(second, remove)])
        for name, body in (("addFloatingIp", {"address": "203.0.113.200"}), ("removeFloatingIp", {"address": "0.0.0.0"})):
            self.assertEqual(404, self.act(first, {name: body}))
            self.assertEqual([404, 400], [self.act(first, {name: body}, each) for each in ("2.43", "2.44")])
        wrong = {"addFloatingIp": {"address": address["ip"], "fixed_address": "10.9.0.250"}}
        self.assertEqual(400, self.act(first, wrong))
        self.act(first, add)
        other = self.taken()["ip"]
        self.assertEqual(400, self.act(first, {"addFloatingIp": {"address": other}}))

    def test_fixed_addresses(self) -> None:
        server_id = self.booted(networks=[{"uuid": self.inside}])

        def addresses() -> list[str]:
            return [each["addr"] for each in self.get(f"{SERVERS}/{server_id}", "2.1")["server"]["addresses"]["in"]]

        before = addresses()
        self.assertEqual(202, self.act(server_id, {"addFixedIp": {"networkId": self.inside}}))
        (added,) = set(addresses()) - set(before)
        self.assertEqual([202, 400], [self.act(server_id, {"removeFixedIp": {"address": added}}) for _ in range(2)])
        self.assertEqual(before, addresses())
        self.assertEqual(400, self.act(server_id, {"addFixedIp": {"networkId": self.outside}}))
        self.assertEqual([202, 400], [self.act(server_id, {"addFixedIp": {"networkId": self.inside}}, each)
                                      for each in ("2.43", "2.44")])


class ExternalEvents(VersionsCase):
    """/os-server-external-events."""

    def tell(self, *events: dict[str, Any], version: str = "2.1", admin: bool = True) -> Any:
        """Tell of events."""
        return self.ask("POST", f"{V}/os-server-external-events", version, {"events": list(events)}, admin=admin)

    def test_hosts_are_rung(self) -> None:
        server_id, building = self.booted(), self.boot().json["server"]["id"]
        rung: list[Any] = []
        serving = self.api.runtime.bus.serve("network.host1", {
            "network_changed": lambda call, **facts: rung.append(facts), "ring": lambda call, **facts: rung.append(facts)})
        self.addCleanup(serving.stop)
        event = {"name": "network-changed", "server_uuid": server_id}
        answer = self.tell(event | {"tag": "t"})
        self.assertEqual((200, [event | {"tag": "t", "status": "completed", "code": 200}]),
                         (answer.status_int, answer.json["events"]))
        mixed = self.tell(event, event | {"server_uuid": MISSING}, event | {"server_uuid": building})
        self.assertEqual((207, [200, 404, 422]), (mixed.status_int, [each["code"] for each in mixed.json["events"]]))
        self.assertEqual(404, self.tell(event | {"server_uuid": MISSING}).status_int)
        self.api.runtime.clock.sleep(0.2)
        self.assertEqual(2, len(rung))

    def test_names_of_each_version(self) -> None:
        server_id = self.booted()
        for name, version in (("volume-extended", "2.51"), ("power-update", "2.76"),
                              ("accelerator-request-bound", "2.82"), ("volume-reimaged", "2.93")):
            answers = [self.tell({"name": name, "server_uuid": server_id}, version=each).status_int
                       for each in (f"2.{int(version[2:]) - 1}", version)]
            self.assertEqual([400, 200], answers, name)
        event = {"name": "network-changed", "server_uuid": server_id}
        self.assertEqual(403, self.tell(event, admin=False).status_int)
        for wrong in (event | {"status": "x"}, event | {"more": 1}, {"name": "network-changed"}, event | {"server_uuid": "x"}):
            self.assertEqual(400, self.tell(wrong).status_int, wrong)
        self.assertEqual(400, self.tell().status_int)


class UsageOfHosts(VersionsCase):
    """/os-instance_usage_audit_log."""

    def test_counts(self) -> None:
        server_id = self.booted()
        self.finish(server_id, host="host1")
        self.register("host1")
        path = f"{V}/os-instance_usage_audit_log"
        shown = self.get(f"{path}/2017-09-01%2000:00:00", "2.1", admin=True)["instance_usage_audit_log"]
        self.assertEqual((1, "2017-08-01 00:00:00", "2017-09-01 00:00:00", 0), (
            shown["log"]["host1"]["instances"], shown["period_beginning"], shown["period_ending"], shown["total_errors"]))
        before = self.get(f"{path}/2017-07-14%2000:00:00.5", "2.1", admin=True)["instance_usage_audit_log"]
        self.assertEqual(("2017-06-01 00:00:00", 0), (before["period_beginning"], before["total_instances"]))
        self.assertEqual(1, self.get(path, "2.1", admin=True)["instance_usage_audit_logs"]["num_hosts_done"])
        self.assertEqual(400, self.ask("GET", f"{path}/never", "2.1", admin=True).status_int)
        self.assertEqual(403, self.ask("GET", path, "2.1").status_int)

    def register(self, name: str) -> None:
        """Make a host known."""
        with self.api.database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO compute_host (id, name, generation, vcpus, memory_mib, disk_gib, hypervisor, disabled, "
                f"forced_down, created_at, updated_at) VALUES ('{MISSING}', '{name}', 0, 1, 1, 1, '{{}}', false, false, 0, 0)")


class GuestPasswords(VersionsCase):
    """/servers/{id}/os-server-password."""

    def test_kept_once_until_forgotten(self) -> None:
        server_id, bob = self.booted(), self.api.make_user("bob")
        path = f"{SERVERS}/{server_id}/os-server-password"
        self.assertEqual({"password": ""}, self.get(path, "2.1"))
        for _ in range(2):
            with self.api.database.write() as connection:
                servers.keep_guest_password(connection, server_id, "sealed")
            with self.assertRaises(errors.Conflict), self.api.database.write() as connection:
                servers.keep_guest_password(connection, server_id, "another")
            self.assertEqual({"password": "sealed"}, self.get(path, "2.1"))
            self.assertEqual(204, self.ask("DELETE", path, "2.1").status_int)
        for method in ("GET", "DELETE"):
            self.assertEqual(404, self.api.request(method, path, token=bob).status_int)


class PinnedZone(VersionsCase):
    """PUT /servers/{id} from 2.104 on."""

    def test_pinned_and_let_go(self) -> None:
        path = f"{SERVERS}/{self.booted(availability_zone='nova')}"

        def pin(zone: str | None, version: str = "2.104") -> Any:
            return self.ask("PUT", path, version, {"server": {"pinned_availability_zone": zone}})

        for zone in (None, None, "nova", "nova"):
            self.assertEqual(zone, pin(zone).json["server"]["pinned_availability_zone"])
        self.assertEqual([400, 400], [pin("elsewhere").status_int, pin("nova", "2.103").status_int])


class FlavorsByName(VersionsCase):
    """GET /flavors?name= from 2.102 on."""

    def test_by_name(self) -> None:
        counts = [[len(self.get(f"{V}/flavors?name={name}", each)["flavors"]) for name in ("m1.small", "none")]
                  for each in ("2.74", "2.102")]
        self.assertEqual([[1, 1], [1, 0]], counts)


class Volumes(VersionsCase):
    """/os-volumes and /os-snapshots, over the block storage API."""

    def test_life(self) -> None:
        asked = {"display_name": "data", "display_description": "of mine", "size": "2", "metadata": {"a": "b"}}
        made = self.ask("POST", f"{V}/os-volumes", "2.1", {"volume": asked}).json["volume"]
        self.assertEqual(
            {"status": "creating", "size": 2, "availabilityZone": "", "displayName": "data", "displayDescription": "of mine",
             "volumeType": None, "snapshotId": None, "metadata": {"a": "b"}, "attachments": [{}]},
            {key: value for key, value in made.items() if key not in ("id", "createdAt")})
        one = f"{V}/os-volumes/{made['id']}"
        self.assertEqual(made, self.get(one, "2.35")["volume"])
        self.assertEqual([200, 404], self.statuses("GET", one, "2.36"))
        for path in ("os-volumes", "os-volumes/detail"):
            self.assertEqual([made], self.get(f"{V}/{path}?limit=1", "2.1")["volumes"])
            self.assertEqual([], self.get(f"{V}/{path}?offset=1", "2.1")["volumes"])
        self.assertEqual(202, self.ask("DELETE", one, "2.1").status_int)
        self.assertEqual("deleting", self.get(one, "2.1")["volume"]["status"])

    def test_snapshots(self) -> None:
        volume_id = self.ask("POST", f"{V}/os-volumes", "2.1", {"volume": {"size": 1}}).json["volume"]["id"]
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == volume_id).values(active_key=None, phase="done"))
            connection.execute(sa.update(volume).values(status="available", backend="h1@fake"))
        made = self.ask("POST", f"{V}/os-snapshots", "2.1", {"snapshot": {
            "volume_id": volume_id, "display_name": "now", "force": True}}).json["snapshot"]
        self.assertEqual(("now", volume_id, 1, "creating"),
                         (made["displayName"], made["volumeId"], made["size"], made["status"]))
        self.assertEqual({"id", "volumeId", "status", "size", "createdAt", "displayName", "displayDescription"}, set(made))
        one = f"{V}/os-snapshots/{made['id']}"
        self.assertEqual(made, self.get(one, "2.1")["snapshot"])
        self.assertEqual([made], self.get(f"{V}/os-snapshots/detail", "2.1")["snapshots"])
        self.assertEqual(202, self.ask("DELETE", one, "2.1").status_int)

    def test_refusals(self) -> None:
        for body in ({}, {"size": 0}, {"size": "#$%"}, {"size": 1, "imageRef": "x"}):
            self.assertEqual(400, self.ask("POST", f"{V}/os-volumes", "2.1", {"volume": body}).status_int, body)
        for path in ("os-volumes", "os-snapshots"):
            self.assertEqual(404, self.ask("GET", f"{V}/{path}/{MISSING}", "2.1").status_int)
            self.assertEqual(404, self.ask("DELETE", f"{V}/{path}/{MISSING}", "2.1").status_int)
