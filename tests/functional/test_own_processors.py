"""Servers with processors, pages and devices of their hosts for themselves: two hosts, fake drivers, a whole cloud."""

import json
import pathlib
import tempfile
import threading
import time
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import claim, server_move
from tests.fixtures.whole_cloud import V, WholeCloud
from tests.functional.test_server_life import at
from tests.functional.test_server_moves import MoveCase

PAGES = {"4": 262144, "2048": 512}
SCRIPT = {
    "inventory": {"vcpus": 16, "memory_mib": 4096, "disk_gib": 100},
    "cells": [{"id": 0, "socket": 0, "shared": "0-7", "cores": [], "pages": PAGES},
              {"id": 1, "socket": 1, "shared": "8-15", "cores": [], "pages": PAGES}],
    "devices": [{"address": "0000:81:00.0", "vendor_id": "10de", "product_id": "1db4", "type": "type-PCI", "cell": 1},
                {"address": "0000:82:00.0", "vendor_id": "8086", "product_id": "1572", "type": "type-PCI", "cell": None}]}
FLAVORS: dict[str, tuple[int, dict[str, str]]] = {
    "own": (2, {"hw:cpu_policy": "dedicated"}),
    "more": (4, {"hw:cpu_policy": "dedicated", "hw:emulator_threads_policy": "isolate"}),
    "cells": (4, {"hw:numa_nodes": "2", "hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "0,2", "hw:cpu_threads": "2"}),
    "pages": (1, {"hw:mem_page_size": "large"}),
    "gpu": (1, {"pci_passthrough:alias": "gpu:1"})}


class OwnTest(MoveCase):
    """What is given to one server is nobody else's, goes where the server goes, and comes back when it goes."""

    script: pathlib.Path
    person: str  # the token of somebody who administers nothing

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory(prefix="cumulo-own-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.script = script = pathlib.Path(directory.name, "script.json")
        cls.behave()
        cls.cloud = WholeCloud(
            ("compute_agent", "fake_script", str(script)), ("compute_agent", "cpu_dedicated_set", "2-7,10-15"),
            ("compute_agent", "pci_devices", ["10de:*"]), ("servers", "pci_alias", ["gpu=10de:1db4", "nic=8086:1572"]),
            ("servers", "quota_cores", -1), ("servers", "quota_instances", -1),
            more_hosts=("h2",))
        cls.addClassCleanup(cls.cloud.close)
        cls.person = cls.cloud.make_user("person")
        for name, (vcpus, specs) in FLAVORS.items():
            cls.cloud.post(f"{V}/flavors", {"flavor": {"name": name, "id": name, "ram": 256, "vcpus": vcpus, "disk": 1}})
            cls.cloud.post(f"{V}/flavors/{name}/os-extra_specs", {"extra_specs": specs})

    @classmethod
    def behave(cls, **more: Any) -> None:
        """Tell the hypervisors how to behave."""
        cls.script.with_suffix(".new").write_text(json.dumps(SCRIPT | more), encoding="utf-8")
        cls.script.with_suffix(".new").rename(cls.script)

    def fit(self, server_id: str) -> Any:
        """Return what the server's claim says is its own, which its host was told too."""
        with self.cloud.database.read() as connection:
            row = connection.execute(sa.select(claim).where(claim.c.server_id == server_id)).mappings().one()
        self.assertEqual(row["fit"], self.cloud.held(server_id, row["host"])["fit"])
        return row["fit"]

    def processors(self, server_id: str) -> list[int]:
        """Return the processors of its host that are the server's own."""
        return [host for cell in self.fit(server_id)["cells"] for _, host in cell["pins"]]

    def nothing_left(self) -> None:
        """Check that nobody has anything, and that all agree on it."""
        self.assertEqual([], self.cloud.settled_differences())
        with self.cloud.database.read() as connection:
            for table in (claim, server_move):
                self.assertEqual([], connection.execute(sa.select(table)).all())

    def boot_on(self, host: str, flavor: str, **more: Any) -> str:
        """Build a server on a host."""
        return self.cloud.boot(flavorRef=flavor, availability_zone=f"nova:{host}", **more)

    def test_shown(self) -> None:
        server_id = self.cloud.boot(flavorRef="cells")
        path = f"{V}/servers/{server_id}/topology"
        self.assertEqual(404, self.cloud.get(path, headers=at("2.77")).status_int)
        shown = self.cloud.get(path, headers=at("2.78")).json
        self.assertIsNone(shown["pagesize_kb"])
        self.assertEqual([([0, 1], 128, [[0, 1]]), ([2, 3], 128, [[2, 3]])],
                         [(each["vcpu_set"], each["memory_mb"], each["siblings"]) for each in shown["nodes"]])
        self.assertEqual({0: {"0"}, 1: {"2"}}, {number: set(each["cpu_pinning"]) for number, each in enumerate(shown["nodes"])})
        self.assertEqual({0, 1}, {each["host_node"] for each in shown["nodes"]})
        self.assertEqual(404, self.cloud.get(path, headers=at("2.78"), token=self.person).status_int)
        self.cloud.remove(server_id)
        plain = self.cloud.boot()
        self.assertEqual({"nodes": [], "pagesize_kb": None}, self.cloud.get(f"{V}/servers/{plain}/topology", headers=at("2.78")).json)
        self.cloud.remove(plain)
        self.nothing_left()

    def test_who_is_no_administrator_learns_nothing_of_the_host(self) -> None:
        made = self.cloud.post(f"{V}/servers", {"server": {"name": "one", "imageRef": self.cloud.image_id, "flavorRef": "own",
                                                           "networks": "none"}}, headers=at("2.37"), token=self.person)
        server_id = made.json["server"]["id"]
        self.cloud.wait(server_id, "ACTIVE")
        shown = self.cloud.get(f"{V}/servers/{server_id}/topology", headers=at("2.78"), token=self.person).json
        self.assertEqual({"nodes": [{"vcpu_set": [0, 1], "memory_mb": 256, "siblings": []}], "pagesize_kb": None}, shown)
        self.cloud.remove(server_id)

    def test_kept_through_a_life(self) -> None:
        server_id = self.boot_on("h1", "own")
        own = self.processors(server_id)
        self.assertEqual(2, len(own))
        for action, status in (({"reboot": {"type": "HARD"}}, "ACTIVE"), ({"os-stop": None}, "SHUTOFF"), ({"os-start": None}, "ACTIVE"),
                               ({"pause": None}, "PAUSED"), ({"unpause": None}, "ACTIVE"), ({"rebuild": {"imageRef": self.cloud.image_id}}, "ACTIVE")):
            self.cloud.act(server_id, action, status)
            self.assertEqual(own, self.processors(server_id), action)
        self.cloud.remove(server_id)
        self.nothing_left()

    def test_resize_has_both_and_gives_one_back(self) -> None:
        for answer, ends, count in (({"confirmResize": None}, "ACTIVE", 4), ({"revertResize": None}, "ACTIVE", 2)):
            server_id = self.boot_on("h1", "own")
            before = self.processors(server_id)
            self.cloud.act(server_id, {"resize": {"flavorRef": "more"}}, "VERIFY_RESIZE")
            after = self.processors(server_id)
            self.assertEqual((4, set()), (len(after), set(after) & set(before)), "its old ones wait for it")
            self.cloud.act(server_id, answer, ends, 204 if "confirmResize" in answer else 202)
            self.assertEqual(before if count == 2 else after, self.processors(server_id))
            self.cloud.remove(server_id)
        self.nothing_left()

    def test_moves(self) -> None:
        others = [self.boot_on("h2", "own") for _ in range(2)]
        taken = {cpu for each in others for cpu in self.processors(each)}
        server_id = self.boot_on("h1", "own")
        self.cloud.act(server_id, {"migrate": None}, "VERIFY_RESIZE")
        self.cloud.act(server_id, {"confirmResize": None}, "ACTIVE", 204)
        self.assertEqual("h2", self.place(server_id))
        self.assertFalse(taken & set(self.processors(server_id)))
        self.assertEqual(202, self.ask(server_id, {"os-migrateLive": {"host": None, "block_migration": "auto"}}, "2.30").status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual(("h1", 2), (self.place(server_id), len(self.processors(server_id))))
        self.cloud.act(server_id, {"shelve": None}, "SHELVED_OFFLOADED")
        self.cloud.act(server_id, {"unshelve": None}, "ACTIVE")
        self.assertEqual(2, len(self.processors(server_id)))
        for each in (server_id, *others):
            self.cloud.remove(each)
        self.nothing_left()

    def test_evacuation(self) -> None:
        server_id = self.boot_on("h1", "own")
        for down in (True, False):
            if not down:
                until = time.monotonic() + 20
                while self.cloud.held(server_id, "h1"):
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.1)
            else:
                self.force_down(True)
                self.assertEqual(200, self.ask(server_id, {"evacuate": {}}, "2.14").status_int)
                self.cloud.wait(server_id, "ACTIVE")
                self.assertEqual(("h2", 2), (self.place(server_id), len(self.processors(server_id))))
                self.force_down(False)
        self.cloud.remove(server_id)
        self.nothing_left()

    def test_an_evacuation_that_fails_gives_back_what_it_had(self) -> None:
        server_id = self.boot_on("h1", "own")
        own = self.processors(server_id)
        self.force_down(True)
        self.behave(faults={"create": "no room"})
        self.addCleanup(self.behave)
        self.assertEqual(200, self.ask(server_id, {"evacuate": {}}, "2.14").status_int)
        self.cloud.wait(server_id, "ERROR")
        self.behave()
        self.assertEqual(("h1", own), (self.place(server_id), self.processors(server_id)))
        self.force_down(False)
        self.cloud.act(server_id, {"reboot": {"type": "HARD"}}, "ACTIVE")
        self.assertEqual(own, self.processors(server_id))
        self.cloud.remove(server_id)
        self.nothing_left()

    def force_down(self, is_down: bool) -> None:
        """Declare h1 down, or up again."""
        self.cloud.put(f"{V}/os-services/force-down", {"host": "h1", "binary": "nova-compute", "forced_down": is_down}, headers=at("2.11"))
        time.sleep(0.3)

    def test_pages_and_devices(self) -> None:
        paged, gpu = self.boot_on("h1", "pages"), self.boot_on("h1", "gpu")
        self.assertEqual(2048, self.fit(paged)["cells"][0]["page_kib"])
        self.assertEqual(2048, self.cloud.get(f"{V}/servers/{paged}/topology", headers=at("2.78")).json["pagesize_kb"])
        self.assertEqual([["0000:81:00.0", "gpu"]], self.fit(gpu)["devices"])
        self.assertEqual(400, self.ask(gpu, {"os-migrateLive": {"host": None, "block_migration": "auto"}}, "2.30").status_int)
        self.assertEqual(409, self.ask(gpu, {"suspend": None}).status_int)
        second = self.refusal("gpu", availability_zone="nova:h1")
        self.assertIn("2 hosts; requested_host removed 1, pci removed 1", second)
        self.cloud.act(gpu, {"migrate": None}, "VERIFY_RESIZE")
        self.cloud.act(gpu, {"revertResize": None}, "ACTIVE")
        for each in (paged, gpu):
            self.cloud.remove(each)
        self.nothing_left()

    def refusal(self, flavor: str, **more: Any) -> str:
        """Ask for a server that cannot be, and return why."""
        made = self.cloud.post(f"{V}/servers", {"server": {"name": "no", "imageRef": self.cloud.image_id, "flavorRef": flavor,
                                                           "networks": "none", **more}}, headers=at("2.37"))
        server_id = made.json["server"]["id"]
        self.cloud.wait(server_id, "ERROR")
        said = str(self.shown(server_id)["fault"]["message"])
        self.cloud.remove(server_id)
        return said

    def test_what_cannot_be_is_refused_at_once(self) -> None:
        flavor = {"name": "bad", "id": "bad", "ram": 256, "vcpus": 3, "disk": 1}
        self.cloud.post(f"{V}/flavors", {"flavor": flavor})
        for specs, said in (({"hw:numa_nodes": "2"}, "cannot be parted"), ({"pci_passthrough:alias": "fpga:1"}, "fpga is not defined"),
                            ({"hw:cpu_policy": "mixed"}, "hw:cpu_dedicated_mask")):
            self.cloud.post(f"{V}/flavors/bad/os-extra_specs", {"extra_specs": specs})
            made = self.cloud.post(f"{V}/servers", {"server": {"name": "no", "imageRef": self.cloud.image_id, "flavorRef": "bad"}})
            self.assertEqual((400, True), (made.status_int, said in made.text), made.text)
            for name in specs:
                self.cloud.delete(f"{V}/flavors/bad/os-extra_specs/{name}")

    def test_many_at_once_get_nothing_twice(self) -> None:
        """Twelve processors on each of two hosts: sixteen ask for two each, twelve get them."""
        ids: list[str] = []

        def ask() -> None:
            made = self.cloud.post(f"{V}/servers", {"server": {
                "name": "many", "imageRef": self.cloud.image_id, "flavorRef": "own", "networks": "none", "min_count": 4,
                "max_count": 4, "return_reservation_id": True}}, headers=at("2.37"))
            ids.extend(each["id"] for each in self.cloud.get(
                f"{V}/servers?reservation_id={made.json['reservation_id']}").json["servers"])

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = [self.settled(each) for each in ids]
        self.assertEqual((16, 12, 4), (len(ended), ended.count("ACTIVE"), ended.count("ERROR")))
        with self.cloud.database.read() as connection:
            rows = connection.execute(sa.select(claim.c.host, claim.c.fit)).all()
        given = [(row.host, host) for row in rows for cell in row.fit["cells"] for _, host in cell["pins"]]
        self.assertEqual((24, 24), (len(given), len(set(given))))
        fault = next(self.shown(each)["fault"]["message"] for each, status in zip(ids, ended, strict=True) if status == "ERROR")
        self.assertIn("2 hosts; numa removed 2", fault)
        for each in ids:
            self.cloud.remove(each)
        self.nothing_left()

    def settled(self, server_id: str) -> str:
        """Wait until a server is built, or is not to be."""
        until = time.monotonic() + 30
        while (status := self.shown(server_id)["status"]) == "BUILD":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        return str(status)


if __name__ == "__main__":
    unittest.main()
