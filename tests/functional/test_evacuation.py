"""Servers of hosts that are down: evacuated, deleted, and what their hosts do when they are back."""

import time
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import host_leftover
from cumulo.common.db.tables.operations import operation
from tests.fixtures.whole_cloud import V
from tests.functional.test_server_life import at
from tests.functional.test_server_moves import MoveCase


class EvacuationTest(MoveCase):
    """evacuate, and what is given up on a host that is down."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.cloud.script)

    def down(self, host: str, is_down: bool = True, learn_s: float = 0.3) -> None:
        """Declare a host down, or up again."""
        answer = self.cloud.put(f"{V}/os-services/force-down", {
            "host": host, "binary": "nova-compute", "forced_down": is_down}, headers=at("2.11"))
        self.assertEqual(200, answer.status_int, answer.text)
        time.sleep(learn_s)  # schedulers learn of it within a poll

    def back(self, host: str, *server_ids: str) -> None:
        """Declare a host up, and wait until nothing of the servers is left there."""
        self.down(host, False)
        until = time.monotonic() + 20
        while self.left() or any(self.cloud.held(each, host) for each in server_ids):
            self.assertLess(time.monotonic(), until, self.left())
            time.sleep(0.1)
        self.assertEqual([], self.cloud.settled_differences())

    def left(self) -> list[Any]:
        """What hosts that were down may still have."""
        with self.cloud.database.read() as connection:
            return [tuple(row) for row in connection.execute(sa.select(host_leftover.c.host, host_leftover.c.server_id))]

    def test_only_from_a_host_that_is_down(self) -> None:
        server_id = self.cloud.boot()
        for version, body, status in (
                ("2.1", {"onSharedStorage": False}, 400), ("2.1", {}, 400), ("2.14", {"onSharedStorage": False}, 400),
                ("2.28", {"force": True}, 400), ("2.68", {"force": False}, 400), ("2.14", {"host": "nowhere"}, 400)):
            self.assertEqual(status, self.ask(server_id, {"evacuate": body}, version).status_int, body)
        refused = self.ask(server_id, {"evacuate": {}}, "2.14")
        self.assertIn("is still in use. Fence the host", refused.json["badRequest"]["message"])
        self.cloud.act(server_id, {"pause": None}, "PAUSED")
        self.assertEqual(409, self.ask(server_id, {"evacuate": {}}, "2.14").status_int)
        self.cloud.remove(server_id)

    def test_there_and_its_host_back(self) -> None:
        for begins, version, ends in (("ACTIVE", "2.1", "ACTIVE"), ("SHUTOFF", "2.14", "SHUTOFF"), ("ACTIVE", "2.95", "SHUTOFF")):
            server_id = self.cloud.boot()
            host = self.place(server_id)
            if begins == "SHUTOFF":
                self.cloud.act(server_id, {"os-stop": None}, "SHUTOFF")
            self.down(host)
            answer = self.ask(server_id, {"evacuate": {"onSharedStorage": False} if version == "2.1" else {}}, version)
            self.assertEqual((200, version == "2.1"), (answer.status_int, b"adminPass" in answer.body))
            self.cloud.wait(server_id, ends)
            self.assertEqual(self.other(host), self.place(server_id))
            self.assertIsNotNone(self.cloud.held(server_id, host))
            self.assertEqual([(host, server_id)], self.left())
            self.back(host, server_id)
            self.assertIsNotNone(self.cloud.held(server_id, self.other(host)))
            (moved,) = self.cloud.get(f"{V}/os-migrations?instance_uuid={server_id}", headers=at("2.59")).json["migrations"]
            self.assertEqual(("evacuation", "done", host, self.other(host)), tuple(
                moved[name] for name in ("migration_type", "status", "source_compute", "dest_compute")))
            self.cloud.remove(server_id)

    def test_one_that_fails_stays_where_it_was(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.down(host)
        self.cloud.script(faults={"create": "no room"})
        self.ask(server_id, {"evacuate": {}}, "2.14")
        self.cloud.wait(server_id, "ERROR")
        self.cloud.script()
        self.assertEqual((host, []), (self.place(server_id), self.left()))
        self.assertEqual(200, self.ask(server_id, {"evacuate": {}}, "2.14").status_int)
        self.cloud.wait(server_id, "ACTIVE")
        self.back(host, server_id)
        self.cloud.remove(server_id)

    def test_a_host_takes_no_server_that_it_still_has(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.down(host)
        self.ask(server_id, {"evacuate": {}}, "2.14")
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual([(host, server_id)], self.left())
        self.cloud.script(delays={"remove": 1.0})
        self.down(host, False, learn_s=0)
        self.ask(server_id, {"os-migrateLive": {"host": host, "block_migration": "auto"}}, "2.30")
        self.cloud.wait(server_id, "ACTIVE")
        self.assertEqual(self.other(host), self.place(server_id))
        self.cloud.script()
        self.back(host)
        self.cloud.remove(server_id)

    def test_a_deletion_ends_on_a_host_that_is_down(self) -> None:
        one, other = self.cloud.boot(), self.cloud.boot()
        host = self.place(one)
        self.cloud.act(other, {"migrate": None}, "VERIFY_RESIZE")
        self.down(host)
        self.cloud.remove(one)
        self.down(self.other(host))
        self.ask(other, {"revertResize": None})
        self.cloud.remove(other)
        self.assertIn((host, one), self.left())
        self.down(self.other(host), False)
        self.back(host, one, other)

    def test_what_gave_up_waiting_for_a_host_goes_on_when_that_is_down(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.cloud.script(faults={"remove": "the disk does not answer"})
        self.cloud.delete(f"{V}/servers/{server_id}")
        its = operation.c.active_key == server_id
        until = time.monotonic() + 20
        while True:
            with self.cloud.database.write() as connection:
                gave_up = connection.execute(sa.update(operation).where(its, operation.c.tries > 0).values(phase="stuck"))
            if gave_up.rowcount:
                break
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        self.down(host)
        self.cloud.wait(server_id, "DELETED")
        self.cloud.script()
        self.back(host, server_id)

    def test_what_cannot_be_done_there_fails_at_once(self) -> None:
        server_id = self.cloud.boot()
        host = self.place(server_id)
        self.down(host)
        self.ask(server_id, {"os-stop": None})
        self.cloud.wait(server_id, "ACTIVE")
        with self.cloud.database.read() as connection:
            said = connection.execute(sa.select(operation.c.error).where(
                operation.c.resource_id == server_id, operation.c.flow == "stop_server")).scalar_one()
        self.assertIn(f"host {host} was declared down", said)
        self.back(host)
        self.cloud.remove(server_id)


if __name__ == "__main__":
    unittest.main()
