"""Running servers that move to other hosts: two hosts, fake drivers, a whole cloud."""

import time
import unittest
from typing import Any

from cumulo.common.db.tables.compute import server_move
from cumulo.common.db.tables.network import port
from tests.fixtures.whole_cloud import V
from tests.functional.test_server_life import at
from tests.functional.test_server_moves import MoveCase

LIVE = {"host": None, "block_migration": "auto"}


class LiveMigrationTest(MoveCase):
    """os-migrateLive, and what can be done to a move under way."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.cloud.script)

    def live(self, server_id: str, version: str = "2.30", **more: Any) -> Any:
        """Ask for the move."""
        return self.ask(server_id, {"os-migrateLive": LIVE | more}, version)

    def under_way(self, server_id: str, version: str = "2.80") -> list[Any]:
        """Return the moves of the server that are under way."""
        return list(self.cloud.get(f"{V}/servers/{server_id}/migrations", headers=at(version)).json["migrations"])

    def wait_until_it_runs(self, server_id: str) -> Any:
        """Return the move once it is being carried out."""
        until = time.monotonic() + 10
        while not (found := self.under_way(server_id)) or found[0]["status"] != "running":
            self.assertLess(time.monotonic(), until, found)
            time.sleep(0.05)
        return found[0]

    def listed(self, server_id: str, version: str = "2.80", **more: str) -> list[Any]:
        """Return the server's moves in the list of all."""
        query = "&".join(f"{name}={value}" for name, value in ({"instance_uuid": server_id} | more).items())
        return list(self.cloud.get(f"{V}/os-migrations?{query}", headers=at(version)).json["migrations"])

    def test_there_and_back(self) -> None:
        for begins, action in (("ACTIVE", None), ("PAUSED", {"pause": None})):
            server_id = self.cloud.boot()
            if action:
                self.cloud.act(server_id, action, begins)
            for _ in range(2):
                host = self.place(server_id)
                self.cloud.script(delays={"send": 0.5})
                self.assertEqual(202, self.live(server_id).status_int)
                running = self.wait_until_it_runs(server_id)
                shown = self.shown(server_id)
                self.assertEqual(("MIGRATING", "migrating"), (shown["status"], shown["OS-EXT-STS:task_state"]))
                self.assertEqual((host, self.other(host)), (running["source_compute"], running["dest_compute"]))
                with self.cloud.database.read() as connection:
                    ports = connection.execute(port.select().where(port.c.device_id == server_id)).mappings().all()
                self.assertEqual([(host, self.other(host))], [(each["binding_host_id"], each["next_host_id"]) for each in ports])
                self.cloud.wait(server_id, begins)
                self.check_alone(server_id, self.other(host))
                self.assertEqual("running" if begins == "ACTIVE" else "paused",
                                 self.cloud.held(server_id, self.other(host))["power"])
            self.assertEqual(["completed"] * 2, [each["status"] for each in self.listed(server_id)])
            self.cloud.remove(server_id)
            self.assertEqual([], self.cloud.settled_differences())

    def test_the_shapes_of_the_request(self) -> None:
        server_id = self.cloud.boot()
        other = self.other(self.place(server_id))
        old = {"host": None, "block_migration": True, "disk_over_commit": False}
        for version, body, status in (
                ("2.1", LIVE, 400), ("2.1", old | {"block_migration": "auto"}, 400), ("2.24", {"host": other}, 400),
                ("2.25", old, 400), ("2.29", LIVE | {"force": True}, 400), ("2.68", LIVE | {"force": True}, 400),
                ("2.25", {"block_migration": "auto"}, 400), ("2.1", old | {"host": "nowhere"}, 400),
                ("2.25", LIVE | {"host": self.place(server_id)}, 400), ("2.25", LIVE | {"block_migration": False}, 400)):
            answer = self.ask(server_id, {"os-migrateLive": body}, version)
            self.assertEqual(status, answer.status_int, f"{version} {body} {answer.text}")
        for version, body in (("2.1", old | {"host": other}), ("2.30", LIVE | {"force": True}), ("2.68", LIVE)):
            self.assertEqual(202, self.ask(server_id, {"os-migrateLive": body}, version).status_int, version)
            self.cloud.wait(server_id, "ACTIVE")
        self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
        self.assertEqual(409, self.live(server_id).status_int)
        self.cloud.remove(server_id)

    def test_one_that_fails_leaves_the_server_where_it_was(self) -> None:
        for step in ("survey", "expect", "send"):
            server_id = self.cloud.boot()
            host = self.place(server_id)
            self.cloud.script(faults={step: "the wire broke"})
            self.assertEqual(202, self.live(server_id).status_int)
            self.cloud.wait(server_id, "ACTIVE")
            self.cloud.script()
            self.check_alone(server_id, host)
            self.assertEqual(["error"], [each["status"] for each in self.listed(server_id)], step)
            self.cloud.remove(server_id)

    def test_one_is_stopped(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.cloud.script(delays={"send": 30})
        self.live(server_id)
        number = self.wait_until_it_runs(server_id)["id"]
        path = f"{V}/servers/{server_id}/migrations"
        self.assertEqual(404, self.cloud.request("DELETE", f"{path}/{number + 1}", headers=at("2.24")).status_int)
        for version, status in (("2.22", 404), ("2.23", 200)):
            self.assertEqual(status, self.cloud.get(f"{path}/{number}", headers=at(version)).status_int)
        self.assertEqual(202, self.cloud.request("DELETE", f"{path}/{number}", headers=at("2.24")).status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.check_alone(server_id, host)
        (moved,) = self.listed(server_id)
        self.assertEqual("cancelled", moved["status"])
        self.assertEqual(400, self.cloud.request("DELETE", f"{path}/{number}", headers=at("2.24")).status_int)
        self.assertEqual([], self.under_way(server_id))
        self.cloud.script()
        self.cloud.remove(server_id)

    def test_one_is_hurried(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.cloud.script(delays={"send": 30})
        self.live(server_id)
        running = self.wait_until_it_runs(server_id)
        path = f"{V}/servers/{server_id}/migrations/{running['id']}"
        shown = self.cloud.get(path, headers=at("2.59")).json["migration"]
        self.assertEqual((running["id"], running["uuid"]), (shown["id"], shown["uuid"]))
        self.assertNotIn("project_id", shown)
        asked = self.cloud.post(f"{path}/action", {"force_complete": None}, headers=at("2.22"))
        self.assertEqual(202, asked.status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.check_alone(server_id, self.other(host))
        self.cloud.script()
        self.cloud.remove(server_id)

    def test_a_deletion_ends_it(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.script(delays={"send": 30})
        self.live(server_id)
        self.wait_until_it_runs(server_id)
        self.cloud.remove(server_id)
        self.cloud.script()
        for host in ("h1", "h2"):
            self.assertIsNone(self.cloud.held(server_id, host))
        with self.cloud.database.read() as connection:
            self.assertEqual([], connection.execute(server_move.select()).all())
        self.assertEqual([], self.cloud.settled_differences())

    def test_lists_of_moves(self) -> None:
        server_id = self.cloud.boot()
        self.live(server_id)
        self.cloud.wait(server_id, "ACTIVE")
        for action in ("confirmResize", "revertResize"):
            self.cloud.act(server_id, {"migrate": None}, "VERIFY_RESIZE")
            self.assertEqual("finished", self.listed(server_id)[0]["status"])
            self.ask(server_id, {action: None})
            self.cloud.wait(server_id, "ACTIVE")
        found = self.listed(server_id)
        self.assertEqual([("migration", "reverted"), ("migration", "confirmed"), ("live-migration", "completed")],
                         [(each["migration_type"], each["status"]) for each in found])
        for version, lacks, has in (("2.22", "migration_type", "id"), ("2.58", "uuid", "migration_type"),
                                    ("2.79", "project_id", "uuid"), ("2.80", "links", "user_id")):
            shown = self.listed(server_id, version)[0]
            self.assertTrue(has in shown and lacks not in shown, f"{version} {shown}")
        self.assertEqual(1, len(self.listed(server_id, status="reverted")))
        self.assertEqual(2, len(self.listed(server_id, migration_type="migration")))
        self.assertEqual(3, len(self.listed(server_id, host="h2")))
        page = self.cloud.get(f"{V}/os-migrations?instance_uuid={server_id}&limit=2", headers=at("2.59")).json
        self.assertEqual([each["uuid"] for each in found[:2]], [each["uuid"] for each in page["migrations"]])
        self.assertEqual(1, len(page["migrations_links"]))
        self.assertEqual([found[2]["uuid"]], [each["uuid"] for each in self.listed(
            server_id, limit="2", marker=found[1]["uuid"])])
        self.cloud.remove(server_id)


if __name__ == "__main__":
    unittest.main()
