"""The compute API's microversions: each schema that one of them changed, at the version before and at the version itself."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import claim, compute_host, service_status
from cumulo.common.db.tables.operations import operation, operation_event
from tests.functional.test_compute_api import SERVERS, ComputeCase, V, at

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def before(version: str) -> str:
    """Return the version before this one."""
    return f"2.{int(version[2:]) - 1}"


class VersionsCase(ComputeCase):
    """Asking for something at a version."""

    def ask(self, method: str, path: str, version: str, body: Any = None, *, admin: bool = False) -> Any:
        """Send a request at a version, as alice unless as the administrator."""
        return self.api.request(method, path, body, token="" if admin else self.alice, headers=at(version))

    def get(self, path: str, version: str, *, admin: bool = False) -> Any:
        """Return the JSON of what must be there."""
        answer = self.ask("GET", path, version, admin=admin)
        self.assertEqual(200, answer.status_int, answer.text)
        return answer.json

    def statuses(self, method: str, path: str, version: str, body: Any = None, *, admin: bool = False) -> list[int]:
        """Return the statuses at the version before, and at the version."""
        return [self.ask(method, path, each, body, admin=admin).status_int for each in (before(version), version)]


class ServerBody(VersionsCase):
    """GET /servers/{id} and PUT."""

    def test_keys_come_with_their_versions(self) -> None:
        path = f"{SERVERS}/{self.booted()}"
        for version, key in (("2.9", "locked"), ("2.19", "description"), ("2.26", "tags"),
                             ("2.63", "trusted_image_certificates"), ("2.73", "locked_reason"),
                             ("2.90", "OS-EXT-SRV-ATTR:hostname"), ("2.96", "pinned_availability_zone")):
            for where in (path, f"{SERVERS}/detail"):
                shown = [self.get(where, each) for each in (before(version), version)]
                bodies = [each["server"] if "server" in each else each["servers"][0] for each in shown]
                self.assertEqual([False, True], [key in body for body in bodies], f"{key} {where}")
                self.assertEqual({key}, set(bodies[1]) - set(bodies[0]))

    def test_flavor_is_embedded(self) -> None:
        self.api.post(f"{V}/flavors/{self.flavor}/os-extra_specs", {"extra_specs": {"a:b": "c"}})
        path = f"{SERVERS}/{self.booted()}"
        self.assertEqual({"id", "links"}, set(self.get(path, "2.46")["server"]["flavor"]))
        self.api.delete(f"{V}/flavors/{self.flavor}")
        self.assertEqual({"original_name": "m1.small", "vcpus": 1, "ram": 128, "disk": 1, "ephemeral": 0, "swap": 0,
                          "extra_specs": {"a:b": "c"}}, self.get(path, "2.47")["server"]["flavor"])

    def test_image_properties(self) -> None:
        path = f"{SERVERS}/{self.booted()}"
        self.assertEqual({"id", "links"}, set(self.get(path, "2.97")["server"]["image"]))
        self.assertEqual({}, self.get(path, "2.98")["server"]["image"]["properties"])

    def test_put_answers_as_get_does(self) -> None:
        path = f"{SERVERS}/{self.booted()}"
        shown = [self.ask("PUT", path, each, {"server": {"name": "two"}}).json["server"] for each in ("2.74", "2.75")]
        self.assertNotIn("key_name", shown[0])
        self.assertEqual(self.get(path, "2.75")["server"], shown[1])

    def test_host_name(self) -> None:
        path = f"{SERVERS}/{self.booted()}"
        for asked, version in (("one-two", "2.90"), ("one.two.example", "2.94")):
            self.assertEqual([400, 200], self.statuses("PUT", path, version, {"server": {"hostname": asked}}))
            self.assertEqual(asked, self.get(path, version)["server"]["OS-EXT-SRV-ATTR:hostname"])
        for wrong in ("-x", "x-", "a_b", "", "x" * 64, 7, None):
            self.assertEqual(400, self.ask("PUT", path, "2.90", {"server": {"hostname": wrong}}).status_int, wrong)

    def test_addresses_are_shown_in_one_form(self) -> None:
        server = {"accessIPv4": "192.0.2.1", "accessIPv6": "0000:0000:0000:0000:0000:babe:220.12.22.2"}
        path = f"{SERVERS}/{self.booted(**server)}"
        self.assertEqual("::babe:dc0c:1602", self.get(path, "2.1")["server"]["accessIPv6"])
        changed = self.ask("PUT", path, "2.1", {"server": {"accessIPv6": "2001:DB8:0::1", "accessIPv4": ""}})
        self.assertEqual(("", "2001:db8::1"), (changed.json["server"]["accessIPv4"], changed.json["server"]["accessIPv6"]))


class ServerCreation(VersionsCase):
    """POST /servers."""

    def asked(self, version: str, **more: Any) -> Any:
        """Ask for a server without naming what later versions want."""
        return self.boot(headers=at(version), **more)

    def both(self, version: str, **more: Any) -> list[int]:
        """Return the statuses at the version before, and at the version."""
        return [self.asked(each, **more).status_int for each in (before(version), version)]

    def test_networks_must_be_named(self) -> None:
        self.assertEqual([202, 400], self.both("2.37"))
        self.assertEqual([400, 202], self.both("2.37", networks="none"))
        self.assertEqual([400, 202], self.both("2.37", networks="auto"))
        for networks, count in (("none", 0), ("auto", 1), ([{"uuid": self.network}], 1)):
            server_id = self.asked("2.37", networks=networks).json["server"]["id"]
            addresses = self.get(f"{SERVERS}/{server_id}", "2.37")["server"]["addresses"]
            self.assertEqual(count, len(addresses), networks)

    def test_what_versions_added(self) -> None:
        for version, more in (("2.52", {"tags": ["a", "b"]}), ("2.63", {"trusted_image_certificates": ["x"]}),
                              ("2.90", {"hostname": "web"}), ("2.94", {"hostname": "web.example"})):
            self.assertEqual([400, 202], self.both(version, networks="none", **more), version)
        shown = self.get(f"{SERVERS}/detail?sort_key=created_at&sort_dir=asc", "2.94")["servers"]
        self.assertEqual([["a", "b"], [], [], []], [each["tags"] for each in shown])
        self.assertEqual([None, ["x"], None, None], [each["trusted_image_certificates"] for each in shown])
        self.assertEqual(["one", "one", "web", "web.example"], [each["OS-EXT-SRV-ATTR:hostname"] for each in shown])

    def test_personality_went(self) -> None:
        self.assertEqual([202, 400], self.both("2.57", networks="none", personality=[]))
        path = f"{SERVERS}/{self.booted()}/action"
        for files in ([], [{"path": "/etc/motd", "contents": "aGVsbG8="}]):
            body = {"rebuild": {"imageRef": self.image, "personality": files}}
            self.assertEqual(400, self.ask("POST", path, "2.57", body).status_int)
        self.assertEqual(202, self.ask("POST", path, "2.56", body).status_int)

    def test_host_by_name(self) -> None:
        add_host(self)
        self.assertEqual(403, self.asked("2.74", networks="none", host="host1").status_int)
        admin = self.api.token()
        for version, more, status in (
            ("2.73", {"host": "host1"}, 400), ("2.74", {"host": "host1"}, 202), ("2.74", {"hypervisor_hostname": "host1"}, 202),
            ("2.74", {"host": "none"}, 400), ("2.74", {"host": "host1", "availability_zone": "nova:host1"}, 400)):
            answer = self.boot(token=admin, headers=at(version), networks="none", **more)
            self.assertEqual(status, answer.status_int, f"{more} {answer.text}")

    def test_numbered_host_names(self) -> None:
        self.asked("2.90", networks="none", hostname="web", max_count=2)
        shown = self.get(f"{SERVERS}/detail", "2.90")["servers"]
        self.assertEqual(["web-1", "web-2"], sorted(each["OS-EXT-SRV-ATTR:hostname"] for each in shown))


class ServerList(VersionsCase):
    """GET /servers."""

    def test_unknown_status_and_parameter(self) -> None:
        self.booted()
        self.assertEqual([200, 400], self.statuses("GET", f"{SERVERS}?status=nonsense", "2.38"))
        self.assertEqual([200, 400], self.statuses("GET", f"{SERVERS}?nonsense=1", "2.75"))

    def test_changes_before(self) -> None:
        self.booted()
        query = "changes-before=2000-01-01T00:00:00Z"
        self.assertEqual([1, 0], [len(self.get(f"{SERVERS}?{query}", each)["servers"]) for each in ("2.65", "2.66")])
        self.assertEqual(1, len(self.get(f"{SERVERS}?changes-before=2100-01-01T00:00:00Z", "2.66")["servers"]))
        for wrong in ("changes-before=x", "changes-since=2020-01-01T00:00:00&changes-before=2010-01-01T00:00:00"):
            self.assertEqual(400, self.ask("GET", f"{SERVERS}?{wrong}", "2.66").status_int)

    def test_filters_for_everybody(self) -> None:
        self.booted()
        for query in ("key_name=none", "availability_zone=none", "power_state=4", "vm_state=stopped", "task_state=deleting",
                      "config_drive=true", "user_id=none", "power_state=x"):
            counts = [len(self.get(f"{SERVERS}?{query}", each)["servers"]) for each in ("2.82", "2.83")]
            self.assertEqual([1, 0], counts, query)
        for query in ("power_state=1", "vm_state=active", "config_drive=false"):
            self.assertEqual(1, len(self.get(f"{SERVERS}?{query}", "2.83")["servers"]), query)


class Locks(VersionsCase):
    """The reason of a lock."""

    def test_reason(self) -> None:
        path = f"{SERVERS}/{self.booted()}"
        lock = lambda version, body: self.ask("POST", f"{path}/action", version, {"lock": body})  # noqa: E731
        self.assertEqual(202, lock("2.73", {"locked_reason": "mending"}).status_int)
        self.assertEqual("mending", self.get(path, "2.73")["server"]["locked_reason"])
        for wrong in ({"locked_reason": ""}, {"locked_reason": "x" * 256}, {"why": "x"}, []):
            self.assertEqual(400, lock("2.73", wrong).status_int, wrong)
        self.assertEqual(202, lock("2.72", {"locked_reason": "not yet"}).status_int)
        self.assertIsNone(self.get(path, "2.73")["server"]["locked_reason"])
        lock("2.73", {"locked_reason": "again"})
        self.ask("POST", f"{path}/action", "2.73", {"unlock": None})
        shown = self.get(path, "2.73")["server"]
        self.assertEqual((False, None), (shown["locked"], shown["locked_reason"]))


class FlavorAccess(VersionsCase):
    """Who may use a flavor."""

    def test_public_flavors_are_everybodys(self) -> None:
        """Nobody is let in to what is public, 2.7 says."""
        project = self.api.services.tokens.validate(self.alice).project_id
        body = {"addTenantAccess": {"tenant": project}}
        self.assertEqual([200, 409], self.statuses("POST", f"{V}/flavors/1/action", "2.7", body, admin=True))


class InstanceActions(VersionsCase):
    """What was done to a server."""

    def test_list(self) -> None:
        server_id = self.booted()
        path = f"{SERVERS}/{server_id}/os-instance-actions"
        self.ask("POST", f"{SERVERS}/{server_id}/action", "2.1", {"os-stop": None})
        old, new = (self.get(path, each)["instanceActions"] for each in ("2.57", "2.58"))
        self.assertEqual({"updated_at"}, set(new[0]) - set(old[0]))
        page = self.get(f"{path}?limit=1", "2.58")
        self.assertEqual((1, ["next"]), (len(page["instanceActions"]), [each["rel"] for each in page["links"]]))
        following = self.get(page["links"][0]["href"].partition("localhost")[2], "2.58")
        self.assertEqual((["create"], False), ([each["action"] for each in following["instanceActions"]], "links" in following))
        self.assertEqual(2, len(self.get(f"{path}?limit=1", "2.57")["instanceActions"]))
        self.assertEqual([], self.get(f"{path}?changes-since=2100-01-01T00:00:00Z", "2.58")["instanceActions"])
        counts = [len(self.get(f"{path}?changes-before=2000-01-01T00:00:00Z", each)["instanceActions"])
                  for each in ("2.65", "2.66")]
        self.assertEqual([2, 0], counts)
        for wrong in ("marker=none", "changes-since=x", "limit=-1"):
            self.assertEqual(400, self.ask("GET", f"{path}?{wrong}", "2.58").status_int, wrong)

    def test_events(self) -> None:
        server_id = self.booted()
        self.add_event(server_id)
        action = self.get(f"{SERVERS}/{server_id}/os-instance-actions", "2.1")["instanceActions"][0]
        path = f"{SERVERS}/{server_id}/os-instance-actions/{action['request_id']}"
        self.assertNotIn("events", self.get(path, "2.50")["instanceAction"])
        keys = lambda version, admin: set(  # noqa: E731
            self.get(path, version, admin=admin)["instanceAction"]["events"][0])
        plain = {"event", "start_time", "finish_time", "result"}
        for version, admin, expected in (
            ("2.50", True, plain | {"traceback"}), ("2.51", False, plain), ("2.61", False, plain),
            ("2.62", False, plain | {"hostId"}), ("2.62", True, plain | {"traceback", "host", "hostId"}),
            ("2.83", False, plain | {"hostId"}), ("2.84", False, plain | {"hostId", "details"})):
            self.assertEqual(expected, keys(version, admin), f"{version} {admin}")
        event = self.get(path, "2.84")["instanceAction"]["events"][0]
        self.assertEqual(("Error", "The step boot failed."), (event["result"], event["details"]))

    def add_event(self, server_id: str) -> None:
        """Let the first step of the server's operation have failed."""
        with self.api.database.write() as connection:
            row = connection.execute(sa.select(operation).where(operation.c.resource_id == server_id)).mappings().one()
            connection.execute(sa.insert(operation_event).values(
                operation_id=row["id"], step="boot", undo=False, host="host1", started_at=1.5e9, finished_at=1.5e9,
                result="no room"))


def add_host(case: ComputeCase) -> None:
    """Let there be a host, and a service that is not a host's."""
    now = case.api.runtime.clock.now()
    with case.api.database.write() as connection:
        connection.execute(sa.insert(compute_host).values(
            id="11111111-2222-3333-4444-555555555555", name="host1", generation=0, vcpus=4, memory_mib=4096, disk_gib=100,
            created_at=now, updated_at=now, hypervisor={"type": "QEMU", "version": 1, "uptime_s": 60, "cpu_info": {"a": 1}}))
        connection.execute(sa.insert(service_status), [
            {"id": f"11111111-2222-3333-4444-66666666666{number}", "host": "host1", "kind": kind, "started_at": now,
             "last_seen": now, "facts": {}} for number, kind in enumerate(("compute", "scheduler"))])


class Flavors(VersionsCase):
    """/flavors."""

    def test_description(self) -> None:
        body = {"flavor": {"name": "described", "ram": 64, "vcpus": 1, "disk": 0, "description": "a text"}}
        self.assertEqual([400, 200], self.statuses("POST", f"{V}/flavors", "2.55", body, admin=True))
        listed = self.get(f"{V}/flavors", "2.55", admin=True)["flavors"]
        path = f"{V}/flavors/{next(each['id'] for each in listed if each['name'] == 'described')}"
        self.assertEqual({None, "a text"}, {each["description"] for each in listed})
        self.assertNotIn("description", self.get(path, "2.54")["flavor"])
        change = {"flavor": {"description": "another"}}
        self.assertEqual([404, 200], [self.ask("PUT", f"{V}/flavors/none", "2.55", change, admin=True).status_int,
                                      self.ask("PUT", path, "2.55", change, admin=True).status_int])
        self.assertEqual(405, self.ask("PUT", path, "2.54", change, admin=True).status_int)
        self.assertEqual(403, self.ask("PUT", path, "2.55", change).status_int)
        self.assertEqual("another", self.get(path, "2.55")["flavor"]["description"])
        for wrong in ({}, {"name": "x"}, {"description": 7}, {"description": "x" * 65536}):
            self.assertEqual(400, self.ask("PUT", path, "2.55", {"flavor": wrong}, admin=True).status_int)

    def test_body(self) -> None:
        path = f"{V}/flavors/{self.flavor}"
        for version, key in (("2.55", "description"), ("2.61", "extra_specs")):
            self.assertEqual([False, True], [key in self.get(path, each)["flavor"] for each in (before(version), version)])
        self.assertEqual(["", 0], [self.get(path, each)["flavor"]["swap"] for each in ("2.74", "2.75")])

    def test_extra_specs_are_checked(self) -> None:
        path = f"{V}/flavors/{self.flavor}/os-extra_specs"
        for specs in ({"hw:cpu_policy": "sometimes"}, {"hw:nonsense": "1"}, {"os:secure_boot": "x"}, {"quota:cpu_shares": "x"},
                      {"resources:vcpu": "1"}, {"trait:A_B": "perhaps"}):
            self.assertEqual([200, 400], self.statuses("POST", path, "2.86", {"extra_specs": specs}, admin=True), specs)
        for specs in ({"hw:cpu_policy": "dedicated"}, {"my:own": "anything"}, {"hw:numa_cpus.0": "0-3,^2"}, {"plain": "x"},
                      {"hw:mem_page_size": "2MB"}, {"trait:CUSTOM_A": "required"}, {"quota:vif_inbound_peak": "10"}):
            self.assertEqual(200, self.ask("POST", path, "2.86", {"extra_specs": specs}, admin=True).status_int, specs)
        self.assertEqual(400, self.ask("PUT", f"{path}/hw:cpu_policy", "2.86", {"hw:cpu_policy": "x"}, admin=True).status_int)

    def test_private_flavor_belongs_to_nobody_at_first(self) -> None:
        made = self.ask("POST", f"{V}/flavors", "2.1", {"flavor": {
            "name": "p", "ram": 1, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": False}}, admin=True)
        path = f"{V}/flavors/{made.json['flavor']['id']}/os-flavor-access"
        self.assertEqual([], self.get(path, "2.1", admin=True)["flavor_access"])


class Keypairs(VersionsCase):
    """/os-keypairs."""

    def test_pages(self) -> None:
        for name in ("c", "a", "b"):
            self.ask("POST", f"{V}/os-keypairs", "2.2", {"keypair": {"name": name, "public_key": KEY}})
        names = lambda answer: [each["keypair"]["name"] for each in answer["keypairs"]]  # noqa: E731
        self.assertEqual(["a", "b", "c"], names(self.get(f"{V}/os-keypairs?limit=1", "2.34")))
        page = self.get(f"{V}/os-keypairs?limit=2", "2.35")
        self.assertEqual(["a", "b"], names(page))
        self.assertEqual(["c"], names(self.get(page["keypairs_links"][0]["href"].partition("localhost")[2], "2.35")))
        self.assertEqual(["a", "b", "c"], names(self.get(f"{V}/os-keypairs?limit=0", "2.35")))
        self.assertEqual([200, 400], self.statuses("GET", f"{V}/os-keypairs?marker=none", "2.35"))

    def test_must_be_brought(self) -> None:
        body = {"keypair": {"name": "made"}}
        self.assertEqual([201, 400], self.statuses("POST", f"{V}/os-keypairs", "2.92", body))
        body = {"keypair": {"name": "me@home.example", "public_key": KEY}}
        self.assertEqual([400, 201], self.statuses("POST", f"{V}/os-keypairs", "2.92", body))
        self.assertEqual(204, self.ask("DELETE", f"{V}/os-keypairs/me@home.example", "2.92").status_int)


class Hosts(VersionsCase):
    """/os-hypervisors and /os-services."""

    def setUp(self) -> None:
        super().setUp()
        add_host(self)

    def test_hypervisors(self) -> None:
        path, name = f"{V}/os-hypervisors", "11111111-2222-3333-4444-555555555555"
        self.assertEqual(['{"a":1}', {"a": 1}], [
            self.get(f"{path}/1", each, admin=True)["hypervisor"]["cpu_info"] for each in ("2.27", "2.28")])
        self.assertEqual([1, name], [self.get(path, each, admin=True)["hypervisors"][0]["id"] for each in ("2.52", "2.53")])
        self.assertEqual([404, 200], [
            self.ask("GET", f"{path}/{each}", "2.53", admin=True).status_int for each in (MISSING, name)])
        self.assertEqual([200, 400], self.statuses("GET", f"{path}/1", "2.53", admin=True))
        for gone, version in (("host1/servers", "2.53"), ("host1/search", "2.53"), (f"{name}/uptime", "2.88")):
            self.assertEqual([200, 404], self.statuses("GET", f"{path}/{gone}", version, admin=True), gone)
        self.assertEqual([200, 404], self.statuses("GET", f"{path}/statistics", "2.88", admin=True))
        old, new = (self.get(f"{path}/{name}", each, admin=True)["hypervisor"] for each in ("2.87", "2.88"))
        self.assertEqual({"uptime"}, set(new) - set(old))
        self.assertEqual({"cpu_info", "current_workload", "disk_available_least", "free_disk_gb", "free_ram_mb", "local_gb",
                          "local_gb_used", "memory_mb", "memory_mb_used", "running_vms", "vcpus", "vcpus_used"},
                         set(old) - set(new))

    def test_servers_on_hypervisors(self) -> None:
        path = f"{V}/os-hypervisors"
        shown = lambda version, query: self.get(f"{path}?{query}", version, admin=True)["hypervisors"][0]  # noqa: E731
        self.assertEqual([False, False, True], ["servers" in shown(each, "with_servers=true") for each in ("2.52", "2.53", "2.75")])
        server_id = self.booted()
        self.assertEqual([server_id], [each["uuid"] for each in shown("2.53", "with_servers=1")["servers"]])
        self.assertEqual(1, len(self.get(f"{path}?hypervisor_hostname_pattern=ost", "2.53", admin=True)["hypervisors"]))
        for query, status in (("hypervisor_hostname_pattern=none", 404), ("hypervisor_hostname_pattern=h&limit=1", 400),
                              ("with_servers=maybe", 400), ("marker=none", 400)):
            self.assertEqual(status, self.ask("GET", f"{path}?{query}", "2.53", admin=True).status_int, query)

    def test_pages_of_hypervisors(self) -> None:
        with self.api.database.write() as connection:
            row = dict(connection.execute(sa.select(compute_host)).mappings().one())
            del row["number"]
            connection.execute(sa.insert(compute_host).values(row | {"id": MISSING, "name": "host2"}))
        path = f"{V}/os-hypervisors/detail?limit=1"
        self.assertEqual(2, len(self.get(path, "2.32", admin=True)["hypervisors"]))
        page = self.get(path, "2.33", admin=True)
        self.assertEqual(["host1"], [each["hypervisor_hostname"] for each in page["hypervisors"]])
        page = self.get(page["hypervisors_links"][0]["href"].partition("localhost")[2], "2.33", admin=True)
        self.assertEqual((["host2"], False), ([each["hypervisor_hostname"] for each in page["hypervisors"]],
                                              "hypervisors_links" in page))

    def test_services(self) -> None:
        path, name = f"{V}/os-services", "11111111-2222-3333-4444-666666666660"
        self.assertEqual([1, name], [self.get(path, each, admin=True)["services"][0]["id"] for each in ("2.52", "2.53")])
        body = {"host": "host1", "binary": "nova-compute"}
        self.assertEqual([200, 404], self.statuses("PUT", f"{path}/enable", "2.53", body, admin=True))
        self.assertEqual(404, self.ask("PUT", f"{path}/{MISSING}", "2.53", {"status": "enabled"}, admin=True).status_int)
        change = lambda **asked: self.ask("PUT", f"{path}/{name}", "2.53", asked, admin=True)  # noqa: E731
        shown = change(status="disabled", disabled_reason="mending").json["service"]
        self.assertEqual({"id": name, "status": "disabled", "disabled_reason": "mending", "forced_down": False, "state": "up"},
                         {key: shown[key] for key in ("id", "status", "disabled_reason", "forced_down", "state")})
        self.assertEqual((True, "down"), (change(forced_down=True).json["service"]["forced_down"],
                                          self.get(path, "2.53", admin=True)["services"][0]["state"]))
        self.assertIsNone(change(status="enabled").json["service"]["disabled_reason"])
        for wrong in ({}, {"status": "x"}, {"disabled_reason": "x"}, {"status": "enabled", "disabled_reason": "x"}, {"x": 1}):
            self.assertEqual(400, change(**wrong).status_int, wrong)
        scheduler = name[:-1] + "1"
        self.assertEqual(400, self.ask("PUT", f"{path}/{scheduler}", "2.53", {"status": "disabled"}, admin=True).status_int)
        self.assertEqual(400, self.ask("DELETE", f"{path}/1", "2.53", admin=True).status_int)
        self.assertEqual(204, self.ask("DELETE", f"{path}/{scheduler}", "2.53", admin=True).status_int)
        self.assertEqual(403, self.ask("DELETE", f"{path}/{name}", "2.53").status_int)

    def test_service_with_servers_stays(self) -> None:
        server_id = self.booted()
        with self.api.database.write() as connection:
            connection.execute(sa.insert(claim).values(
                server_id=server_id, host="host1", vcpus=1, memory_mib=1, disk_gib=1, created_at=1.0))
        path = f"{V}/os-services/1"
        self.assertEqual(409, self.ask("DELETE", path, "2.1", admin=True).status_int)
        with self.api.database.write() as connection:
            connection.execute(sa.delete(claim))
        self.assertEqual([204, 404], [self.ask("DELETE", path, "2.1", admin=True).status_int for _ in range(2)])
        self.assertEqual([], self.get(f"{V}/os-hypervisors", "2.1", admin=True)["hypervisors"])


class Limits(VersionsCase):
    """/limits and /os-quota-sets."""

    def test_what_went(self) -> None:
        project = self.api.services.tokens.validate(self.alice).project_id
        for path, versions in ((f"{V}/limits", ("2.36", "2.39", "2.57")), (f"{V}/os-quota-sets/{project}", ("2.36", "2.57"))):
            for version in versions:
                old, new = (self.get(path, each) for each in (before(version), version))
                inner = [each["limits"]["absolute"] if "limits" in each else each["quota_set"] for each in (old, new)]
                self.assertEqual(GONE[version, "limits" in old], set(inner[0]) - set(inner[1]), f"{path} {version}")
                self.assertEqual(set(), set(inner[1]) - set(inner[0]))


MISSING = "00000000-0000-4000-8000-00000000dead"
GONE = {
    ("2.36", True): {"maxSecurityGroups", "maxSecurityGroupRules", "totalSecurityGroupsUsed", "maxTotalFloatingIps",
                     "totalFloatingIpsUsed"},
    ("2.39", True): {"maxImageMeta"}, ("2.57", True): {"maxPersonality", "maxPersonalitySize"},
    ("2.36", False): {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"},
    ("2.57", False): {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}}
