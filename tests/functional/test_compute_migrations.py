"""Moves of running servers as they are asked for, listed, stopped and hurried: rows alone, nobody carries them out."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.flows import FLOWS
from tests.functional.test_compute_api import SERVERS, V
from tests.functional.test_compute_versions import VersionsCase

LIVE = {"os-migrateLive": {"host": None, "block_migration": "auto"}}


class Migrations(VersionsCase):
    """/os-migrations and /servers/{id}/migrations."""

    def moving(self, step: str) -> tuple[str, Any]:
        """Return a server that moves, and its move at this step."""
        server_id = self.booted()
        asked = self.ask("POST", f"{SERVERS}/{server_id}/action", "2.30", LIVE, admin=True)
        self.assertEqual(202, asked.status_int, asked.text)
        steps = [each.name for each in FLOWS["live_migrate_server"].steps]
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == server_id).values(
                cursor=steps.index(step)))
        (found,) = self.get(f"{SERVERS}/{server_id}/migrations", "2.80", admin=True)["migrations"]
        return server_id, found

    def wanted(self, server_id: str) -> dict[str, Any]:
        """Return what the state of the server's operation says somebody wants."""
        with self.api.database.read() as connection:
            state = connection.execute(sa.select(operation.c.state).where(operation.c.active_key == server_id)).scalar_one()
        return {name: state.get(name) for name in ("abort", "hurry")}

    def test_statuses(self) -> None:
        for step, status in (("survey", "queued"), ("expect", "preparing"), ("migrate", "running"), ("switch", "post-migrating")):
            server_id, found = self.moving(step)
            self.assertEqual((status, server_id), (found["status"], found["server_uuid"]))
            listed = self.get(f"{V}/os-migrations?status={status}", "2.80", admin=True)["migrations"]
            self.assertEqual([(found["id"], found["uuid"])], [(each["id"], each["uuid"]) for each in listed])
            self.assertEqual(["self", "bookmark"], [each["rel"] for each in listed[0]["links"]])

    def test_stopping(self) -> None:
        for step, version, status in (("migrate", "2.24", 202), ("expect", "2.64", 400), ("expect", "2.65", 202),
                                      ("survey", "2.65", 202), ("switch", "2.65", 400)):
            server_id, found = self.moving(step)
            path = f"{SERVERS}/{server_id}/migrations/{found['id']}"
            self.assertEqual(status, self.ask("DELETE", path, version, admin=True).status_int, f"{step} {version}")
            self.assertEqual(status == 202 or None, self.wanted(server_id)["abort"])

    def test_hurrying(self) -> None:
        for step, status in (("expect", 400), ("migrate", 202)):
            server_id, found = self.moving(step)
            path = f"{SERVERS}/{server_id}/migrations/{found['id']}/action"
            for body in ({}, {"force_complete": {}}, {"force_complete": None, "more": 1}):
                self.assertEqual(400, self.ask("POST", path, "2.22", body, admin=True).status_int)
            self.assertEqual(status, self.ask("POST", path, "2.22", {"force_complete": None}, admin=True).status_int)
            self.assertEqual(status == 202 or None, self.wanted(server_id)["hurry"])

    def test_who_may(self) -> None:
        server_id, found = self.moving("migrate")
        path = f"{SERVERS}/{server_id}/migrations"
        for method, place in (("GET", path), ("GET", f"{path}/{found['id']}"), ("DELETE", f"{path}/{found['id']}"),
                              ("GET", f"{V}/os-migrations")):
            self.assertEqual(403, self.ask(method, place, "2.30").status_int, place)
        for number in ("0", "x" * 300, str(found["id"] + 1)):
            self.assertEqual(404, self.ask("GET", f"{path}/{number}", "2.30", admin=True).status_int)
            self.assertEqual(404, self.ask("DELETE", f"{path}/{number}", "2.30", admin=True).status_int)

    def test_query(self) -> None:
        for query, version, status in (("marker=none", "2.59", 400), ("limit=x", "2.59", 400), ("limit=x", "2.58", 200),
                                       ("changes-since=x", "2.59", 400), ("hidden=maybe", "2.1", 200), ("unknown=1", "2.75", 400),
                                       ("changes-since=2026-01-02&changes-before=2026-01-01", "2.66", 400)):
            answer = self.ask("GET", f"{V}/os-migrations?{query}", version, admin=True)
            self.assertEqual(status, answer.status_int, f"{query} {answer.text}")
