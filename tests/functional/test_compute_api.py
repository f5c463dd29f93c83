"""The compute API in one process over real rules and real SQL, without a scheduler: what is asked and recorded."""

import base64
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import compute_host, server, service_status
from cumulo.common.db.tables.operations import operation
from cumulo.network import ports
from tests.fixtures.api import Api

V = "/compute/v2.1"
SERVERS = f"{V}/servers"


def at(version: str) -> dict[str, str]:
    """Return the header that asks for a microversion."""
    return {"OpenStack-API-Version": f"compute {version}"}


class ComputeCase(unittest.TestCase):
    """A cloud with an image, a flavor and a shared network."""

    def setUp(self) -> None:
        self.api = Api()
        self.addCleanup(self.api.close)
        made = self.api.post("/image/v2/images", {
            "name": "guest", "disk_format": "raw", "container_format": "bare", "visibility": "public"})
        self.image = made.json["id"]
        sent = self.api.put(f"/image/v2/images/{self.image}/file", b"\0" * 4096,
                            headers={"Content-Type": "application/octet-stream"})
        self.assertEqual(204, sent.status_int, sent.text)
        self.flavor = self.api.post(f"{V}/flavors", {"flavor": {
            "name": "m1.small", "ram": 128, "vcpus": 1, "disk": 1, "id": "1"}}).json["flavor"]["id"]
        self.network = self.api.post("/network/v2.0/networks", {"network": {
            "name": "public", "shared": True, "provider:network_type": "flat",
            "provider:physical_network": "physnet1"}}).json["network"]["id"]
        subnet = self.api.post("/network/v2.0/subnets", {"subnet": {
            "network_id": self.network, "cidr": "10.1.0.0/24", "ip_version": 4}})
        self.assertEqual(201, subnet.status_int, subnet.text)
        self.alice = self.api.make_user("alice")

    def boot(self, token: str = "", headers: dict[str, str] | None = None, **more: Any) -> Any:
        """Ask for a server as alice."""
        body = {"server": {"name": "one", "imageRef": self.image, "flavorRef": self.flavor, **more}}
        return self.api.post(SERVERS, body, token=token or self.alice, headers=headers)

    def booted(self, **more: Any) -> str:
        """Return the id of a server that is ACTIVE on host1, as the scheduler leaves it."""
        answer = self.boot(**more)
        self.assertEqual(202, answer.status_int, answer.text)
        server_id = str(answer.json["server"]["id"])
        self.finish(server_id, status="ACTIVE", power_state=1, host="host1", launched_at=1.5e9)
        return server_id

    def finish(self, server_id: str, **values: Any) -> None:
        """End the server's operation as the scheduler does."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(server).where(server.c.id == server_id).values(values))
            connection.execute(sa.update(operation).where(operation.c.active_key == server_id).values(
                active_key=None, phase="done"))

    def count(self) -> int:
        """Return how many servers there are."""
        with self.api.database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(server)).scalar_one())


class Create(ComputeCase):
    """POST /servers."""

    def test_build_is_recorded_whole(self) -> None:
        answer = self.boot(networks=[{"uuid": self.network}], metadata={"a": "b"}, config_drive=True,
                           user_data=base64.b64encode(b"#!/bin/sh").decode())
        self.assertEqual(202, answer.status_int, answer.text)
        made = answer.json["server"]
        self.assertEqual({"id", "links", "OS-DCF:diskConfig", "adminPass", "security_groups"}, set(made))
        self.assertEqual(made["links"][0]["href"], answer.headers["Location"])
        shown = self.api.get(f"{SERVERS}/{made['id']}", token=self.alice).json["server"]
        self.assertEqual(("BUILD", "scheduling", "building"), (
            shown["status"], shown["OS-EXT-STS:task_state"], shown["OS-EXT-STS:vm_state"]))
        self.assertEqual(["10.1.0."], [each["addr"][:7] for each in shown["addresses"]["public"]])
        self.assertEqual("True", shown["config_drive"])
        actions = self.api.get(f"{SERVERS}/{made['id']}/os-instance-actions", token=self.alice).json["instanceActions"]
        self.assertEqual([("create", answer.headers["X-Compute-Request-Id"])],
                         [(each["action"], each["request_id"]) for each in actions])

    def test_a_port_that_is_there_outlives_its_server(self) -> None:
        port = self.api.post("/network/v2.0/ports", {"port": {"network_id": self.network}},
                             token=self.alice).json["port"]
        answer = self.boot(networks=[{"port": port["id"]}])
        self.assertEqual(202, answer.status_int, answer.text)
        server_id, path = answer.json["server"]["id"], f"/network/v2.0/ports/{port['id']}"
        held = self.api.get(path, token=self.alice).json["port"]
        self.assertEqual((server_id, "compute:nova"), (held["device_id"], held["device_owner"]))
        shown = self.api.get(f"{SERVERS}/{server_id}", token=self.alice).json["server"]["addresses"]["public"]
        self.assertEqual([port["fixed_ips"][0]["ip_address"]], [each["addr"] for each in shown])
        self.assertEqual(409, self.boot(networks=[{"port": port["id"]}]).status_int)
        foreign = self.api.post("/network/v2.0/ports", {"port": {"network_id": self.network}}).json["port"]["id"]
        self.assertEqual(400, self.boot(networks=[{"port": foreign}]).status_int)
        with self.api.database.write() as connection:
            ports.leave_device(connection, 1.0, port["id"])
        freed = self.api.get(path, token=self.alice).json["port"]
        self.assertEqual(("", "", port["fixed_ips"]), (freed["device_id"], freed["device_owner"], freed["fixed_ips"]))

    def test_body_has_exactly_the_keys_of_its_version(self) -> None:
        server_id = self.booted()
        base = {
            "id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor", "created", "updated",
            "addresses", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig", "links", "progress", "key_name", "config_drive",
            "security_groups", "os-extended-volumes:volumes_attached", "OS-SRV-USG:launched_at",
            "OS-SRV-USG:terminated_at", "OS-EXT-AZ:availability_zone", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state",
            "OS-EXT-STS:power_state"}
        for version, added in (("2.1", set()), ("2.8", set()), ("2.9", {"locked"}), ("2.18", {"locked"}),
                               ("2.19", {"locked", "description"}), ("2.26", {"locked", "description", "tags"})):
            shown = self.api.get(f"{SERVERS}/{server_id}", token=self.alice, headers=at(version)).json["server"]
            self.assertEqual(base | added, set(shown), version)
        seen = self.api.get(f"{SERVERS}/{server_id}", headers=at("2.1")).json["server"]
        self.assertEqual({"host", "hypervisor_hostname", "instance_name"},
                         {key.rpartition(":")[2] for key in set(seen) - base})
        seen = self.api.get(f"{SERVERS}/{server_id}", headers=at("2.16")).json["server"]
        self.assertEqual("UNKNOWN", seen["host_status"])
        self.assertIn("OS-EXT-SRV-ATTR:root_device_name", seen)

    def test_many_at_once(self) -> None:
        self.assertEqual(202, self.boot(min_count=2, max_count=3).status_int)
        answer = self.boot(min_count=1, max_count="9", return_reservation_id=True)
        self.assertEqual(["reservation_id"], list(answer.json))
        names = [each["name"] for each in self.api.get(
            f"{SERVERS}?reservation_id={answer.json['reservation_id']}", token=self.alice).json["servers"]]
        self.assertEqual(7, len(names), "as many as the quota of ten leaves")
        refused = self.boot()
        self.assertEqual((403, "forbidden"), (refused.status_int, next(iter(refused.json))))
        self.assertIn("Quota exceeded", refused.text)

    def test_refusals_change_nothing(self) -> None:
        nowhere = "00000000-0000-0000-0000-000000000000"
        for more in (
            {"name": 7}, {"name": ""}, {"name": " "}, {"name": "x" * 256}, {"imageRef": nowhere}, {"imageRef": ""},
            {"flavorRef": "none"}, {"networks": [{"uuid": nowhere}]}, {"networks": [{"uuid": "x"}]}, {"networks": [{}]},
            {"networks": "auto"}, {"networks": [{"uuid": self.network, "fixed_ip": "10.9.9.9"}]}, {"key_name": "none"},
            {"metadata": {"k": "v" * 256}}, {"metadata": {"k" * 256: "v"}}, {"metadata": {"": "v"}}, {"metadata": []},
            {"user_data": "not base 64!"}, {"user_data": "A" * 65536}, {"min_count": 0}, {"max_count": -1},
            {"min_count": 3, "max_count": 2}, {"min_count": "x"}, {"availability_zone": "mars"},
            {"block_device_mapping_v2": [{"boot_index": 0, "uuid": nowhere, "source_type": "volume",
                                          "destination_type": "volume"}]},
            {"block_device_mapping": [{"volume_id": nowhere}]}, {"security_groups": [{"name": "none"}]},
            {"accessIPv6": "eb:"}, {"description": "needs 2.19"}, {"unknown": 1}, {"config_drive": "maybe"},
            {"personality": [{"path": "/x"}]}, {"personality": [{"path": "", "contents": "eA=="}]},
            {"personality": [{"path": "/x", "contents": "no base 64!"}]}, {"OS-DCF:diskConfig": "x"}):
            answer = self.boot(**more)
            self.assertEqual((400, ["badRequest"]), (answer.status_int, list(answer.json)), f"{more} {answer.text}")
        for body in ({}, {"server": None}, {"server": []}, [], "x", b"{", b"\xff", {"server": {"name": "x"}}):
            self.assertEqual(400, self.api.post(SERVERS, body, token=self.alice).status_int, body)
        self.assertEqual(403, self.boot(availability_zone="nova:host1").status_int)
        self.assertEqual(0, self.count())

    def test_mapping_that_says_what_image_ref_says_is_accepted(self) -> None:
        device = {"boot_index": 0, "uuid": self.image, "source_type": "image", "destination_type": "local",
                  "delete_on_termination": True}
        self.assertEqual(202, self.boot(block_device_mapping_v2=[device]).status_int)

    def test_several_networks_and_none_named(self) -> None:
        own = self.api.post("/network/v2.0/networks", {"network": {"name": "other", "shared": True}})
        if own.status_int != 201:
            self.skipTest("only one network can be made here")
        self.assertEqual(409, self.boot().status_int)


class ReadAndChange(ComputeCase):
    """Lists, updates, tags, metadata, addresses."""

    def test_other_projects_see_nothing(self) -> None:
        server_id, bob = self.booted(), self.api.make_user("bob")
        for method, path, body in (
            ("GET", "", None), ("PUT", "", {"server": {"name": "mine"}}), ("DELETE", "", None), ("GET", "/ips", None),
            ("GET", "/metadata", None), ("PUT", "/metadata", {"metadata": {}}), ("POST", "/action", {"os-stop": None}),
            ("POST", "/action", {"os-getConsoleOutput": {}}), ("GET", "/os-instance-actions", None)):
            answer = self.api.request(method, f"{SERVERS}/{server_id}{path}", body, token=bob)
            self.assertEqual((404, ["itemNotFound"]), (answer.status_int, list(answer.json)), f"{method} {path}")
        self.assertEqual([], self.api.get(SERVERS, token=bob).json["servers"])
        self.assertEqual(403, self.api.get(f"{SERVERS}?all_tenants=1", token=bob).status_int)
        self.assertEqual(1, len(self.api.get(f"{SERVERS}/detail?all_tenants=1").json["servers"]))

    def test_reader_may_not_change(self) -> None:
        server_id = self.booted()
        self.assertEqual(403, self.boot(token=self.api.make_user("carol", roles=("reader",))).status_int)
        self.assertEqual(401, self.api.get(f"{SERVERS}/{server_id}", token=None).status_int)

    def test_filters_and_pages(self) -> None:
        first, second = self.booted(name="web-1"), self.booted(name="db.1")
        listed = lambda query: [each["id"] for each in self.api.get(  # noqa: E731
            f"{SERVERS}/detail?{query}", token=self.alice).json["servers"]]
        self.assertEqual([second, first], listed(""))
        self.assertEqual([first], listed("name=web"))
        self.assertEqual([second], listed("name=%5Edb.1%24"))
        self.assertEqual([second, first], listed("status=active"))
        self.assertEqual([], listed("status=SHUTOFF"))
        self.assertEqual([], listed("status=nonsense"))
        self.assertEqual([], listed("image=none"))
        self.assertEqual([second, first], listed(f"flavor={self.flavor}&image={self.image}"))
        self.assertEqual([], listed("changes-since=2100-01-01T00:00:00Z"))
        self.assertEqual([second, first], listed("changes-since=2020-01-01T00:00:00"))
        self.assertEqual([first, second], listed("sort_key=display_name&sort_dir=desc"))
        self.assertEqual([], listed("limit=0"))
        self.assertEqual([second, first], listed("all_tenants=false&host=ignored&nonsense=1"))
        address = self.api.get(f"{SERVERS}/{first}", token=self.alice).json["server"]["addresses"]["public"][0]["addr"]
        self.assertEqual([first], listed(f"ip=%5E{address}%24"))
        page = self.api.get(f"{SERVERS}?limit=1", token=self.alice).json
        self.assertEqual([second], [each["id"] for each in page["servers"]])
        following = self.api.get(page["servers_links"][0]["href"].partition("localhost")[2], token=self.alice).json
        self.assertEqual([first], [each["id"] for each in following["servers"]])
        self.assertNotIn("servers_links", self.api.get(f"{SERVERS}?limit=3", token=self.alice).json)
        for query in ("limit=-1", "limit=x", "marker=none", "changes-since=x", "name=%5B", "ip=%5B", "sort_key=nonsense",
                      "sort_key=name&sort_dir=up", "all_tenants=maybe", "name=" + "x" * 300):
            self.assertEqual(400, self.api.get(f"{SERVERS}?{query}", token=self.alice).status_int, query)
        self.assertEqual(403, self.api.get(f"{SERVERS}?status=DELETED", token=self.alice).status_int)

    def test_marker_in_a_sort_with_nulls(self) -> None:
        made = [self.booted(name=f"s{number}") for number in range(4)]
        self.finish(made[1], launched_at=None)
        self.finish(made[2], launched_at=None)
        for direction in ("asc", "desc"):
            seen, query = [], f"sort_key=launched_at&sort_dir={direction}&limit=1"
            while rows := self.api.get(f"{SERVERS}?{query}", token=self.alice).json["servers"]:
                seen.append(rows[0]["id"])
                query = f"sort_key=launched_at&sort_dir={direction}&limit=1&marker={seen[-1]}"
            self.assertEqual(sorted(made), sorted(seen), direction)

    def test_deleted_server_is_seen_only_by_who_asks(self) -> None:
        server_id = self.booted()
        self.finish(server_id, status="DELETED", deleted_at=2e9, host=None, updated_at=2e9)
        self.assertEqual(404, self.api.get(f"{SERVERS}/{server_id}", token=self.alice).status_int)
        self.assertEqual(404, self.api.delete(f"{SERVERS}/{server_id}", token=self.alice).status_int)
        self.assertEqual([], self.api.get(SERVERS, token=self.alice).json["servers"])
        changed = self.api.get(f"{SERVERS}/detail?changes-since=2020-01-01", token=self.alice).json["servers"]
        self.assertEqual(["DELETED"], [each["status"] for each in changed])
        path = f"{SERVERS}/{server_id}/os-instance-actions"
        self.assertEqual(404, self.api.get(path, token=self.alice, headers=at("2.20")).status_int)
        self.assertEqual(200, self.api.get(path, token=self.alice, headers=at("2.21")).status_int)

    def test_update(self) -> None:
        path = f"{SERVERS}/{self.booted()}"
        answer = self.api.put(path, {"server": {"name": "two", "accessIPv4": "192.0.2.1"}}, token=self.alice)
        self.assertEqual((200, "two", "192.0.2.1"), (
            answer.status_int, answer.json["server"]["name"], answer.json["server"]["accessIPv4"]))
        self.assertNotIn("key_name", answer.json["server"])
        for wrong in ({"name": ""}, {"name": "x" * 256}, {"name": None}, {"description": "2.19"}, {"status": "ERROR"}):
            self.assertEqual(400, self.api.put(path, {"server": wrong}, token=self.alice).status_int, wrong)
        described = self.api.put(path, {"server": {"description": "d"}}, token=self.alice, headers=at("2.19"))
        self.assertEqual("d", described.json["server"]["description"])

    def test_fault(self) -> None:
        server_id = self.booted()
        self.finish(server_id, status="ERROR", fault={
            "code": 500, "message": "boot: no room", "details": "trace", "created_at": 1.5e9})
        for token, keys in ((self.alice, {"code", "message", "created"}), ("", {"code", "message", "created", "details"})):
            shown = self.api.get(f"{SERVERS}/{server_id}", token=token).json["server"]
            self.assertEqual(keys, set(shown["fault"]))

    def test_metadata(self) -> None:
        path = f"{SERVERS}/{self.booted(metadata={'a': '1'})}/metadata"
        ask = lambda method, tail="", body=None: self.api.request(  # noqa: E731
            method, path + tail, body, token=self.alice)
        self.assertEqual({"a": "1", "b": "2"}, ask("POST", "", {"metadata": {"b": "2"}}).json["metadata"])
        self.assertEqual({"c": "3"}, ask("PUT", "", {"metadata": {"c": "3"}}).json["metadata"])
        self.assertEqual({"c": "4"}, ask("PUT", "/c", {"meta": {"c": "4"}}).json["meta"])
        self.assertEqual({"c": "4"}, ask("GET", "/c").json["meta"])
        self.assertEqual(400, ask("PUT", "/c", {"meta": {"d": "4"}}).status_int)
        self.assertEqual(403, ask("POST", "", {"metadata": {f"k{n}": "v" for n in range(129)}}).status_int)
        self.assertEqual([204, 404, 404], [ask("DELETE", "/c").status_int, ask("DELETE", "/c").status_int,
                                           ask("GET", "/c").status_int])

    def test_tags(self) -> None:
        server_id = self.booted()
        path = f"{SERVERS}/{server_id}/tags"
        ask = lambda method, tail="", body=None, version="2.26": self.api.request(  # noqa: E731
            method, path + tail, body, token=self.alice, headers=at(version))
        self.assertEqual(404, ask("GET", version="2.25").status_int)
        self.assertEqual(["blue", "red"], ask("PUT", "", {"tags": ["red", "blue"]}).json["tags"])
        self.assertEqual([201, 204, 204, 404], [
            ask("PUT", "/green").status_int, ask("PUT", "/green").status_int, ask("GET", "/green").status_int,
            ask("GET", "/none").status_int])
        for query, there in (("tags=red,blue", True), ("tags=red,none", False), ("tags-any=none,red", True),
                             ("not-tags=red,blue", False), ("not-tags-any=none", True)):
            rows = self.api.get(f"{SERVERS}?{query}", token=self.alice, headers=at("2.26")).json["servers"]
            self.assertEqual(there, bool(rows), query)
        for wrong in (["a/b"], ["a,b"], ["x" * 61], [""], [1], ["t" + str(n) for n in range(51)]):
            self.assertEqual(400, ask("PUT", "", {"tags": wrong}).status_int, wrong)
        self.assertEqual([204, 404, 204], [ask("DELETE", "/red").status_int, ask("DELETE", "/red").status_int,
                                           ask("DELETE").status_int])
        self.assertEqual([], ask("GET").json["tags"])

    def test_addresses(self) -> None:
        path = f"{SERVERS}/{self.booted()}/ips"
        found = self.api.get(path, token=self.alice).json["addresses"]["public"]
        self.assertEqual([{"version", "addr"}], [set(each) for each in found])
        self.assertEqual({"public": found}, self.api.get(f"{path}/public", token=self.alice).json)
        self.assertEqual(404, self.api.get(f"{path}/none", token=self.alice).status_int)


class Actions(ComputeCase):
    """Power, locks, deletion, the console log."""

    def act(self, server_id: str, body: Any, token: str = "") -> Any:
        """Ask for an action as alice."""
        return self.api.post(f"{SERVERS}/{server_id}/action", body, token=token or self.alice)

    def test_power(self) -> None:
        server_id = self.booted()
        show = lambda: self.api.get(f"{SERVERS}/{server_id}", token=self.alice).json["server"]  # noqa: E731
        self.assertEqual(409, self.act(server_id, {"os-start": None}).status_int)
        for body, task, status in (
            ({"os-stop": None}, "powering-off", "ACTIVE"), ({"reboot": {"type": "SOFT"}}, "rebooting", "REBOOT"),
            ({"reboot": {"type": "hard"}}, "rebooting_hard", "HARD_REBOOT")):
            answer = self.act(server_id, body)
            self.assertEqual((202, ""), (answer.status_int, answer.text))
            self.assertEqual((task, status), (show()["OS-EXT-STS:task_state"], show()["status"]))
            rows = self.api.get(f"{SERVERS}?status={status}", token=self.alice).json["servers"]
            self.assertEqual([server_id], [each["id"] for each in rows])
            self.assertEqual(409, self.act(server_id, {"os-stop": None}).status_int)
            self.finish(server_id, status="ACTIVE")
        self.finish(server_id, status="SHUTOFF", power_state=4)
        self.assertEqual(409, self.act(server_id, {"os-stop": None}).status_int)
        self.assertEqual(409, self.act(server_id, {"reboot": {"type": "SOFT"}}).status_int)
        self.assertEqual(202, self.act(server_id, {"os-start": None}).status_int)

    def test_bad_actions(self) -> None:
        server_id = self.booted()
        for body in ({}, {"none": None}, {"os-start": None, "os-stop": None}, {"reboot": {}}, {"reboot": None},
                     {"reboot": {"type": "x"}}, {"os-getConsoleOutput": {"length": "x"}},
                     {"os-getConsoleOutput": {"length": []}}, [], "x", 7):
            self.assertEqual(400, self.act(server_id, body).status_int, body)
        for missing in ("none", "x" * 300, "00000000-0000-0000-0000-000000000000"):
            self.assertEqual(404, self.act(missing, {"os-stop": None}).status_int)

    def test_lock(self) -> None:
        server_id = self.booted()
        self.assertEqual(202, self.act(server_id, {"lock": None}).status_int)
        self.assertEqual(409, self.act(server_id, {"os-stop": None}).status_int)
        self.assertEqual(409, self.api.delete(f"{SERVERS}/{server_id}", token=self.alice).status_int)
        self.assertEqual(202, self.act(server_id, {"os-stop": None}, token=self.api.token()).status_int)
        self.assertEqual(202, self.act(server_id, {"unlock": None}).status_int)

    def test_delete_while_it_builds_and_twice(self) -> None:
        server_id = str(self.boot().json["server"]["id"])
        for _ in range(2):
            answer = self.api.delete(f"{SERVERS}/{server_id}", token=self.alice)
            self.assertEqual((204, b""), (answer.status_int, answer.body))
        shown = self.api.get(f"{SERVERS}/{server_id}", token=self.alice).json["server"]
        self.assertEqual("deleting", shown["OS-EXT-STS:task_state"])

    def test_delete_what_runs(self) -> None:
        server_id = self.booted()
        self.assertEqual(204, self.api.delete(f"{SERVERS}/{server_id}", token=self.alice).status_int)
        self.assertEqual(204, self.api.delete(f"{SERVERS}/{server_id}", token=self.alice).status_int)
        actions = self.api.get(f"{SERVERS}/{server_id}/os-instance-actions", token=self.alice).json["instanceActions"]
        self.assertEqual(["delete", "create"], [each["action"] for each in actions])
        shown = self.api.get(f"{SERVERS}/{server_id}/os-instance-actions/{actions[1]['request_id']}").json
        self.assertEqual([], shown["instanceAction"]["events"])

    def test_console_log(self) -> None:
        server_id = self.booted()
        asked: list[Any] = []

        def console_log(call: Any, server_id: str, length: int | None = None) -> str:
            asked.append(length)
            return "login:\n"

        serving = self.api.runtime.bus.serve("compute.host1", {"console_log": console_log})
        self.addCleanup(serving.stop)
        for body in ({"length": 10}, {"length": "10"}, {}, {"length": -1}, None):
            answer = self.act(server_id, {"os-getConsoleOutput": body})
            self.assertEqual((200, {"output": "login:\n"}), (answer.status_int, answer.json))
        self.assertEqual([10, 10, None, None, None], asked)
        building = str(self.boot().json["server"]["id"])
        self.assertEqual(409, self.act(building, {"os-getConsoleOutput": {}}).status_int)

    def test_console_log_of_a_host_that_hangs(self) -> None:
        server_id = self.booted()
        self.api.conf.set_override("console_timeout_s", 0.2, group="servers")
        answer = self.act(server_id, {"os-getConsoleOutput": {}})
        self.assertEqual((503, ["serviceUnavailable"]), (answer.status_int, list(answer.json)))


class Keypairs(ComputeCase):
    """os-keypairs."""

    def test_by_version(self) -> None:
        path = f"{V}/os-keypairs"
        for version, made, gone, keys in (("2.1", 200, 202, set()), ("2.2", 201, 204, {"type"})):
            body = {"keypair": {"name": "k"}}
            answer = self.api.post(path, body, token=self.alice, headers=at(version))
            self.assertEqual((made, {"name", "public_key", "fingerprint", "user_id", "private_key"} | keys),
                             (answer.status_int, set(answer.json["keypair"])))
            self.assertIn("BEGIN OPENSSH PRIVATE KEY", answer.json["keypair"]["private_key"])
            self.assertEqual(409, self.api.post(path, body, token=self.alice).status_int)
            shown = self.api.get(f"{path}/k", token=self.alice, headers=at(version)).json["keypair"]
            self.assertEqual({"name", "public_key", "fingerprint", "user_id", "id", "created_at", "updated_at",
                              "deleted", "deleted_at"} | keys, set(shown))
            listed = self.api.get(path, token=self.alice, headers=at(version)).json["keypairs"]
            self.assertEqual([{"name", "public_key", "fingerprint"} | keys], [set(each["keypair"]) for each in listed])
            server_id = self.booted(key_name="k")
            self.assertEqual("k", self.api.get(f"{SERVERS}/{server_id}", token=self.alice).json["server"]["key_name"])
            self.assertEqual(gone, self.api.delete(f"{path}/k", token=self.alice, headers=at(version)).status_int)
            self.assertEqual(404, self.api.delete(f"{path}/k", token=self.alice).status_int)

    def test_import_and_refusals(self) -> None:
        path = f"{V}/os-keypairs"
        made = self.api.post(path, {"keypair": {"name": "k"}}, token=self.alice).json["keypair"]
        twin = self.api.post(path, {"keypair": {"name": "k2", "public_key": made["public_key"] + " me@here\n"}},
                             token=self.alice).json["keypair"]
        self.assertEqual(made["fingerprint"], twin["fingerprint"])
        self.assertNotIn("private_key", twin)
        for wrong in ({"name": ""}, {"name": "x" * 256}, {"name": "a/b"}, {"name": 1}, {}, {"name": "x", "type": "ssh"},
                      {"name": "x", "public_key": "nonsense"}, {"name": "x", "public_key": "ssh-rsa JUNK"},
                      {"name": "x", "public_key": 7}, {"name": "x", "public_key": "ssh-ed25519 \u00fc"}):
            self.assertEqual(400, self.api.post(path, {"keypair": wrong}, token=self.alice).status_int, wrong)

    def test_other_users(self) -> None:
        path, user = f"{V}/os-keypairs", self.api.services.tokens.validate(self.alice).user_id
        body = {"keypair": {"name": "k", "user_id": user}}
        self.assertEqual(400, self.api.post(path, body, headers=at("2.9")).status_int)
        self.assertEqual(201, self.api.post(path, body, headers=at("2.10")).status_int)
        self.assertEqual(200, self.api.get(f"{path}/k", token=self.alice).status_int)
        bob = self.api.make_user("bob")
        self.assertEqual(403, self.api.get(f"{path}/k?user_id={user}", token=bob, headers=at("2.10")).status_int)
        self.assertEqual(404, self.api.get(f"{path}/k?user_id={user}", token=bob, headers=at("2.9")).status_int)


class Administration(ComputeCase):
    """Flavors, services, hypervisors, zones, limits, versions."""

    def test_flavors(self) -> None:
        path = f"{V}/flavors"
        keys = {"id", "name", "ram", "vcpus", "disk", "swap", "OS-FLV-EXT-DATA:ephemeral", "OS-FLV-DISABLED:disabled",
                "rxtx_factor", "os-flavor-access:is_public", "links"}
        self.assertEqual(keys, set(self.api.get(f"{path}/1", token=self.alice).json["flavor"]))
        private = {"flavor": {"name": "p", "ram": "64", "vcpus": 1, "disk": 0, "os-flavor-access:is_public": False}}
        self.assertEqual(403, self.api.post(path, private, token=self.alice).status_int)
        made = self.api.post(path, private).json["flavor"]["id"]
        self.assertEqual(409, self.api.post(path, private).status_int)
        self.assertEqual(404, self.api.get(f"{path}/{made}", token=self.alice).status_int)
        project = self.api.services.tokens.validate(self.alice).project_id
        self.api.post(f"{path}/{made}/action", {"addTenantAccess": {"tenant": project}})
        self.assertEqual(200, self.api.get(f"{path}/{made}", token=self.alice).status_int)
        names = [each["name"] for each in self.api.get(f"{path}?minRam=100", token=self.alice).json["flavors"]]
        self.assertEqual(["m1.small"], names)
        page = self.api.get(f"{path}?limit=1", token=self.alice).json
        self.assertEqual((1, 1), (len(page["flavors"]), len(page["flavors_links"])))
        specs = f"{path}/{made}/os-extra_specs"
        self.assertEqual({"a:b": "c"}, self.api.post(specs, {"extra_specs": {"a:b": "c"}}).json["extra_specs"])
        self.assertEqual({"a:b": "d"}, self.api.put(f"{specs}/a:b", {"a:b": "d"}).json)
        self.assertEqual({"a:b": "d"}, self.api.get(f"{specs}/a:b", token=self.alice).json)
        self.assertEqual([200, 404], [self.api.delete(f"{specs}/a:b").status_int for _ in range(2)])
        self.assertEqual([202, 404], [self.api.delete(f"{path}/{made}").status_int for _ in range(2)])
        for wrong in ({"ram": 0}, {"vcpus": "x"}, {"disk": -1}, {"name": ""}, {"ram": 2**40}, {"id": "a/b"}, {"x": 1},
                      {"rxtx_factor": 0}, {"swap": "-5"}):
            body = {"flavor": {"name": "w", "ram": 1, "vcpus": 1, "disk": 1, **wrong}}
            self.assertEqual(400, self.api.post(path, body).status_int, wrong)
        for query in ("minRam=x", "limit=-1", "marker=none", "is_public=maybe"):
            self.assertEqual(400, self.api.get(f"{path}?{query}").status_int, query)

    def test_hosts_and_services(self) -> None:
        now = self.api.runtime.clock.now()
        with self.api.database.write() as connection:
            connection.execute(sa.insert(compute_host).values(
                id="h-1", name="host1", generation=0, vcpus=4, memory_mib=4096, disk_gib=100, created_at=now,
                updated_at=now, hypervisor={"type": "QEMU", "version": 7002000, "uptime_s": 90061, "cpu_info": {}}))
            connection.execute(sa.insert(service_status), [
                {"id": kind, "host": "host1", "kind": kind, "started_at": now, "last_seen": seen, "facts": {}}
                for kind, seen in (("compute", now), ("scheduler", now - 100), ("network", now))])
        services = self.api.get(f"{V}/os-services").json["services"]
        self.assertEqual([("nova-compute", "up", "enabled"), ("nova-scheduler", "down", "enabled")],
                         [(each["binary"], each["state"], each["status"]) for each in services])
        self.assertNotIn("forced_down", services[0])
        body = {"host": "host1", "binary": "nova-compute"}
        answer = self.api.put(f"{V}/os-services/disable-log-reason", body | {"disabled_reason": "mending"})
        self.assertEqual({"service": body | {"status": "disabled", "disabled_reason": "mending"}}, answer.json)
        self.assertEqual("disabled", self.api.get(f"{V}/os-hypervisors").json["hypervisors"][0]["status"])
        self.assertEqual(200, self.api.put(f"{V}/os-services/enable", body).status_int)
        self.assertEqual("disabled", self.api.put(f"{V}/os-services/disable", body).json["service"]["status"])
        self.assertEqual("enabled", self.api.put(f"{V}/os-services/enable", body).json["service"]["status"])
        self.assertEqual(404, self.api.put(f"{V}/os-services/enable", body | {"host": "x"}).status_int)
        force = self.api.put(f"{V}/os-services/force-down", body | {"forced_down": True}, headers=at("2.11"))
        self.assertEqual(True, force.json["service"]["forced_down"])
        shown = self.api.get(f"{V}/os-hypervisors/1").json["hypervisor"]
        self.assertEqual(("down", 4, 4096), (shown["state"], shown["vcpus"], shown["free_ram_mb"]))
        self.assertEqual("up 1 days, 01:01", self.api.get(f"{V}/os-hypervisors/1/uptime").json["hypervisor"]["uptime"])
        server_id = self.booted()
        on = self.api.get(f"{V}/os-hypervisors/host1/servers").json["hypervisors"]
        self.assertEqual([{"uuid": server_id, "name": "one"}], on[0]["servers"])
        self.assertEqual(1, self.api.get(f"{V}/os-hypervisors/statistics").json["hypervisor_statistics"]["count"])
        self.assertEqual(404, self.api.get(f"{V}/os-hypervisors/none").status_int)
        self.assertEqual(404, self.api.get(f"{V}/os-hypervisors/none/search").status_int)
        self.assertEqual(403, self.api.get(f"{V}/os-hypervisors", token=self.alice).status_int)
        zones = self.api.get(f"{V}/os-availability-zone/detail").json["availabilityZoneInfo"]
        self.assertEqual(["internal", "nova"], [each["zoneName"] for each in zones])

    def test_limits_and_quotas(self) -> None:
        self.boot()
        absolute = self.api.get(f"{V}/limits", token=self.alice).json["limits"]["absolute"]
        self.assertEqual((1, 1, 128), (absolute["totalInstancesUsed"], absolute["totalCoresUsed"],
                                       absolute["totalRAMUsed"]))
        project = self.api.services.tokens.validate(self.alice).project_id
        self.assertEqual(200, self.api.get(f"{V}/os-quota-sets/{project}", token=self.alice).status_int)
        self.assertEqual(403, self.api.get(f"{V}/os-quota-sets/other", token=self.alice).status_int)
        self.assertEqual(403, self.api.get(f"{V}/limits?tenant_id=other", token=self.alice).status_int)

    def test_versions(self) -> None:
        listed = self.api.get("/compute/", token=None).json["versions"]
        self.assertEqual(["v2.0", "v2.1"], [each["id"] for each in listed])
        self.assertEqual(listed[1]["links"], self.api.get(f"{V}/", token=None).json["version"]["links"])
        answer = self.api.get(SERVERS, headers={"X-OpenStack-Nova-API-Version": "latest"})
        self.assertEqual(("2.104", "compute 2.104"), (answer.headers["X-OpenStack-Nova-API-Version"],
                                                    answer.headers["OpenStack-API-Version"]))
        self.assertEqual(406, self.api.get(SERVERS, headers=at("2.105")).status_int)
        self.assertEqual(400, self.api.get(SERVERS, headers=at("two")).status_int)


class Interfaces(ComputeCase):
    """os-interface, as it is asked for; what comes of it is in test_server_life."""

    def test_a_card_is_given_and_taken(self) -> None:
        server_id = self.booted(networks=[{"uuid": self.network}])
        path = f"{SERVERS}/{server_id}/os-interface"
        made = self.api.post(path, {"interfaceAttachment": {"net_id": self.network}}, token=self.alice)
        self.assertEqual(200, made.status_int, made.text)
        port_id = made.json["interfaceAttachment"]["port_id"]
        self.assertEqual(409, self.api.delete(f"{path}/{port_id}", token=self.alice).status_int)
        self.finish(server_id, status="ACTIVE")
        found = self.api.get(path, token=self.alice).json["interfaceAttachments"]
        self.assertEqual(2, len(found))
        newest = self.api.get(f"{path}/{port_id}", token=self.alice, headers=at("2.70")).json["interfaceAttachment"]
        self.assertIn("tag", newest)
        self.assertEqual(202, self.api.delete(f"{path}/{port_id}", token=self.alice).status_int)
        self.assertEqual(404, self.api.get(path, token=self.api.make_user("bob")).status_int)
