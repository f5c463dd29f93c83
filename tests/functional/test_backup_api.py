"""The API of backups over the real application. No agent runs here."""

import base64
import json
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume
from cumulo.common.db.tables.volume_backup import volume_backup
from tests.functional import test_volume_api

SAID = {"status": "available", "object_count": 2, "stored_bytes": 100, "service": "directory"}


class WithBackups(test_volume_api.VolumeApiTest):
    """Backups that are made as soon as somebody says so."""

    def back_up(self, volume_id: str, version: str = "", **values: Any) -> str:
        """Begin a backup and return its id."""
        made = self.call("POST", "/backups", 202, {"backup": {"volume_id": volume_id, **values}}, version=version).json["backup"]
        return str(made["id"])

    def done(self, its_id: str, **values: Any) -> str:
        """End the operation of a backup well."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == its_id).values(active_key=None, phase="done"))
            connection.execute(sa.update(volume_backup).where(volume_backup.c.id == its_id).values(SAID | values))
        return its_id

    def kept(self, volume_id: str, version: str = "", **values: Any) -> str:
        """Make a backup that is available and return its id."""
        return self.done(self.back_up(volume_id, version, **values))

    def backup(self, backup_id: str, version: str = "") -> dict[str, Any]:
        """Return a backup as it is shown."""
        found: dict[str, Any] = self.call("GET", f"/backups/{backup_id}", 200, version=version).json["backup"]
        return found


class BackupsApiTest(WithBackups):
    """Making, seeing, changing and deleting backups."""

    def test_life_of_a_backup(self) -> None:
        volume_id = self.ready(size=2)
        backup_id = self.back_up(volume_id, "3.43", name="kept", description="mine", container="shelf", metadata={"a": "1"})
        self.assertEqual(("creating", "backing-up"), (self.backup(backup_id)["status"], self.shown(volume_id)["status"]))
        for method, path, body in (("DELETE", "", None), ("POST", "/action", {"os-extend": {"new_size": 3}})):
            self.call(method, f"/volumes/{volume_id}{path}", 400, body)
        self.done(backup_id)
        self.assertEqual("available", self.shown(volume_id)["status"])
        shown = self.backup(backup_id, "3.64")
        self.assertEqual(("kept", "mine", "shelf", "available", 2, volume_id, None, 2, False, False, {"a": "1"}, None), tuple(
            shown[key] for key in ("name", "description", "container", "status", "size", "volume_id", "snapshot_id",
                                   "object_count", "is_incremental", "has_dependent_backups", "metadata", "fail_reason")))
        self.assertIn("user_id", shown)
        self.assertNotIn("os-backup-project-attr:project_id", shown)
        self.assertNotIn("metadata", self.backup(backup_id))
        self.assertIn("os-backup-project-attr:project_id", self.admin("GET", f"/backups/{backup_id}", 200, version="3.18")["backup"])
        changed = self.call("PUT", f"/backups/{backup_id}", 200, {"backup": {"name": "other", "metadata": {"b": "2"}}},
                            version="3.43").json["backup"]
        self.assertEqual(("other", {"b": "2"}), (changed["name"], changed["metadata"]))
        self.call("PUT", f"/backups/{backup_id}", 405, {"backup": {"name": "x"}})  # since 3.9
        for _ in range(2):
            self.call("DELETE", f"/backups/{backup_id}", 202)
            self.assertEqual("deleting", self.backup(backup_id)["status"])
        self.call("DELETE", "/backups/none", 404)

    def test_lists(self) -> None:
        volume_id = self.ready()
        ids = [self.kept(volume_id, "3.43", name=f"b{number}", metadata={"k": str(number)}) for number in range(3)]
        for query, found in (("", ids[::-1]), ("?limit=1", ids[2:]), ("?limit=1&offset=1", ids[1:2]), ("?sort=name:asc", ids),
                             (f"?marker={ids[1]}", ids[:1]), ("?name=b1", ids[1:2]), (f"?volume_id={volume_id}", ids[::-1]),
                             ("?status=available", ids[::-1]), ("?status=error", []), ("?metadata={'k': '2'}", ids[2:]),
                             ("?size=1&limit=2", ids[:0:-1]), ("?size=2", []), ("?sort_key=status&sort_dir=asc&limit=0", [])):
            with self.subTest(query=query):
                listed = self.call("GET", f"/backups/detail{query}", 200).json
                self.assertEqual(found, [each["id"] for each in listed["backups"]])
        self.assertIn("backups_links", self.call("GET", "/backups?limit=3", 200).json)
        self.assertEqual(3, self.call("GET", "/backups?limit=1&with_count=true", 200, version="3.45").json["count"])
        for query, count in (("metadata={'k': '2'}", 1), ("name~=b", 3), ("name~=1", 1), ("status~=avail", 3), ("container~=none", 0)):
            with self.subTest(query=query):
                counted = self.call("GET", f"/backups?{query}&with_count=true", 200, version="3.45").json
                self.assertEqual((count, count), (counted["count"], len(counted["backups"])))
        self.call("GET", "/backups?size=large", 400)
        self.call("GET", "/backups?sort=fault", 400)
        self.assertEqual([], self.admin("GET", "/backups", 200)["backups"])
        self.assertEqual(3, len(self.admin("GET", "/backups?all_tenants=1", 200)["backups"]))

    def test_only_what_has_changed(self) -> None:
        volume_id = self.ready()
        self.call("POST", "/backups", 400, {"backup": {"volume_id": volume_id, "incremental": True}})
        full = self.kept(volume_id)
        first, second = self.kept(volume_id, incremental=True), self.kept(volume_id, incremental=True)
        with self.api.database.read() as connection:
            parents = dict(connection.execute(sa.select(volume_backup.c.id, volume_backup.c.parent_location)).tuples().all())
        self.assertEqual({full: None, first: full, second: first}, parents)
        self.assertTrue(self.backup(first)["is_incremental"] and self.backup(first)["has_dependent_backups"])
        for needed, by in ((full, first), (first, second)):
            refused = self.call("DELETE", f"/backups/{needed}", 400).json["badRequest"]["message"]
            self.assertIn(by, refused)
            self.admin("POST", f"/backups/{needed}/action", 400, {"os-force_delete": {}})
        self.call("DELETE", f"/backups/{second}", 202)

    def test_snapshots_and_volumes_in_use(self) -> None:
        volume_id, other = self.ready(), self.ready()
        snapshot = self.call("POST", "/snapshots", 202, {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"]
        self.call("POST", "/backups", 400, {"backup": {"volume_id": volume_id, "snapshot_id": snapshot}})  # it is being made
        self.admin("POST", f"/snapshots/{snapshot}/action", 400, {"os-reset_status": {"status": "available"}})
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == snapshot).values(active_key=None, phase="done"))
        self.admin("POST", f"/snapshots/{snapshot}/action", 202, {"os-reset_status": {"status": "available"}})
        self.call("POST", "/backups", 400, {"backup": {"volume_id": other, "snapshot_id": snapshot}})
        self.call("POST", "/backups", 404, {"backup": {"volume_id": volume_id, "snapshot_id": "none"}})
        backup_id = self.back_up(volume_id, snapshot_id=snapshot)
        self.assertEqual(("available", "backing-up"), (self.shown(volume_id)["status"], self.call(
            "GET", f"/snapshots/{snapshot}", 200).json["snapshot"]["status"]))
        self.call("DELETE", f"/snapshots/{snapshot}", 400)
        refused = self.admin("POST", f"/snapshots/{snapshot}/action", 400, {"os-force_delete": {}})
        self.assertIn(backup_id, refused["badRequest"]["message"])
        with self.api.database.write() as connection:
            connection.execute(sa.update(volume).where(volume.c.id == other).values(status="in-use"))
        self.call("POST", "/backups", 400, {"backup": {"volume_id": other}})
        refused = self.call("POST", "/backups", 400, {"backup": {"volume_id": other, "force": True}}).json
        self.assertIn("in one moment", refused["badRequest"]["message"])

    def test_what_is_wrong_is_refused(self) -> None:
        young = self.make()["id"]
        self.call("POST", "/backups", 400, {"backup": {"volume_id": young}})
        self.call("POST", "/backups", 404, {"backup": {"volume_id": "none"}})
        for body in ({}, {"volume_id": None}, {"volume_id": young, "metadata": {}}, {"volume_id": young, "incremental": "maybe"}):
            self.call("POST", "/backups", 400, {"backup": body})
        self.call("POST", "/backups", 400, {"backup": {"volume_id": self.ready(), "availability_zone": "moon"}}, version="3.51")
        volume_id = self.ready(size=3)
        project = self.shown(volume_id)["os-vol-tenant-attr:tenant_id"]
        for quota in ({"backups": 0}, {"backups": 1, "backup_gigabytes": 2}):
            self.admin("PUT", f"/os-quota-sets/{project}", 200, {"quota_set": quota})
            self.call("POST", "/backups", 413, {"backup": {"volume_id": volume_id}})
        self.admin("PUT", f"/os-quota-sets/{project}", 200, {"quota_set": {"backup_gigabytes": 3}})
        self.kept(volume_id)
        used = self.admin("GET", f"/os-quota-sets/{project}?usage=true", 200)["quota_set"]
        self.assertEqual((1, 3), (used["backups"]["in_use"], used["backup_gigabytes"]["in_use"]))
        limits = self.call("GET", "/limits", 200).json["limits"]["absolute"]
        self.assertEqual((1, 3), (limits["totalBackupsUsed"], limits["totalBackupGigabytesUsed"]))


class RestoringTest(WithBackups):
    """Volumes made of backups."""

    def test_to_a_new_volume(self) -> None:
        volume_id = self.ready(size=2, metadata={"of": "the volume"})
        with self.api.database.write() as connection:
            connection.execute(sa.update(volume).where(volume.c.id == volume_id).values(
                bootable=True, image_metadata={"os": "x"}))
        backup_id = self.kept(volume_id)
        answer = self.call("POST", f"/backups/{backup_id}/restore", 202, {"restore": {}}).json["restore"]
        self.assertEqual((backup_id, f"restore_backup_{backup_id}"), (answer["backup_id"], answer["volume_name"]))
        shown = self.shown(answer["volume_id"])
        self.assertEqual((2, "true", {"os": "x"}, {"of": "the volume"}), (
            shown["size"], shown["bootable"], shown["volume_image_metadata"], shown["metadata"]))
        self.assertEqual("restoring", self.backup(backup_id)["status"])
        refused = self.call("DELETE", f"/backups/{backup_id}", 400).json["badRequest"]["message"]
        self.assertIn(answer["volume_id"], refused)
        self.settle(answer["volume_id"])
        self.assertEqual("available", self.backup(backup_id)["status"])
        made = self.call("POST", "/volumes", 202, {"volume": {"backup_id": backup_id, "size": 3}}, version="3.47").json["volume"]
        self.assertEqual(3, made["size"])
        self.call("POST", "/volumes", 400, {"volume": {"backup_id": backup_id}}, version="3.46")
        self.call("POST", "/volumes", 400, {"volume": {"backup_id": backup_id, "size": 1}}, version="3.47")
        self.call("POST", "/volumes", 404, {"volume": {"backup_id": "none"}}, version="3.47")

    def test_over_a_volume(self) -> None:
        backup_id = self.kept(self.ready(size=2))
        path, over = f"/backups/{backup_id}/restore", self.ready(size=2, name="over")
        for volume_id, status in (("none", 404), (self.ready(), 400), (self.make(size=2)["id"], 400)):
            self.call("POST", path, status, {"restore": {"volume_id": volume_id}})
        answer = self.call("POST", path, 202, {"restore": {"volume_id": over, "name": "not used"}}).json["restore"]
        self.assertEqual({"backup_id": backup_id, "volume_id": over, "volume_name": "over"}, answer)
        self.assertEqual(("restoring-backup", "restoring"), (self.shown(over)["status"], self.backup(backup_id)["status"]))
        self.call("DELETE", f"/volumes/{over}", 400)
        self.call("DELETE", f"/backups/{backup_id}", 400)
        with self.api.database.write() as connection:
            connection.execute(sa.update(volume_backup).values(bound=True, host="far"))
        refused = self.call("POST", path, 400, {"restore": {"volume_id": self.ready(size=2)}}).json["badRequest"]["message"]
        self.assertIn("host far alone", refused)
        self.call("POST", f"/backups/{self.back_up(self.ready())}/restore", 400, {"restore": {}})


class AdministrationTest(WithBackups):
    """What administrators do."""

    def test_states_and_force(self) -> None:
        path = f"/backups/{self.kept(self.ready())}"
        self.call("POST", f"{path}/action", 403, {"os-reset_status": {"status": "error"}})
        self.admin("POST", f"{path}/action", 400, {"os-reset_status": {"status": "restoring"}})
        self.admin("POST", f"{path}/action", 202, {"os-reset_status": {"status": "error"}})
        self.assertEqual("error", self.call("GET", path, 200).json["backup"]["status"])
        self.admin("POST", f"{path}/action", 202, {"os-force_delete": {}})
        self.admin("POST", f"{path}/action", 400, {"os-reset_status": {"status": "available"}})

    def test_records(self) -> None:
        volume_id = self.ready()
        backup_id = self.back_up(volume_id, name="kept")
        path = f"/backups/{backup_id}/export_record"
        self.call("GET", path, 403)
        self.admin("GET", path, 400)
        self.done(backup_id)
        record = self.admin("GET", path, 200)["backup-record"]
        self.assertEqual("cinder.backup.drivers.cumulo.directory", record["backup_service"])
        self.call("POST", "/backups/import_record", 403, {"backup-record": record})
        refused = self.admin("POST", "/backups/import_record", 400, {"backup-record": record})
        self.assertIn("there already", refused["badRequest"]["message"])
        said = json.loads(base64.b64decode(record["backup_url"]))
        other = "5" * 8 + backup_id[8:]
        made = self.admin("POST", "/backups/import_record", 201, {"backup-record": record | {
            "backup_url": self.encoded(said | {"id": other})}})["backup"]
        self.assertEqual(other, made["id"])
        with self.api.database.read() as connection:
            found = connection.execute(sa.select(volume_backup).where(volume_backup.c.id == other)).mappings().one()
        self.assertEqual((backup_id, "creating", "kept"), (found["location"], found["status"], found["name"]))
        self.call("DELETE", f"/backups/{backup_id}", 202)
        refused = self.admin("POST", "/backups/import_record", 400, {"backup-record": record | {
            "backup_url": self.encoded(said | {"id": "6" * 8 + backup_id[8:]})}})
        self.assertIn("is being deleted", refused["badRequest"]["message"])

    def test_records_that_nobody_wrote(self) -> None:
        backup_id = self.kept(self.ready())
        record = self.admin("GET", f"/backups/{backup_id}/export_record", 200)["backup-record"]
        said = json.loads(base64.b64decode(record["backup_url"])) | {"id": "5" * 8 + backup_id[8:]}
        wrong: list[Any] = [said | each for each in (
            {"location": "../../etc"}, {"id": 7}, {"size_gib": 0}, {"size_gib": True}, {"size_gib": "1"}, {"metadata": {"a": 1}},
            {"said": None}, {"said": {"image_metadata": []}}, {"said": {"image_id": "x"}}, {"data_timestamp": "now"}, {"name": 5},
            {"bound": 1}, {"parent_location": "x"}, {"host": ["h1"]}, {"stored_bytes": -1})]
        for each in (*wrong, [], None, {name: value for name, value in said.items() if name != "location"}):
            with self.subTest(record=each):
                self.admin("POST", "/backups/import_record", 400, {"backup-record": record | {"backup_url": self.encoded(each)}})
        for text in ("no base64!", base64.b64encode(b"no json").decode(), base64.b64encode(b"[" * 50_000).decode()):
            self.admin("POST", "/backups/import_record", 400, {"backup-record": record | {"backup_url": text}})
        self.admin("POST", "/backups/import_record", 400, {"backup-record": record | {"backup_service": "swift"}})

    @staticmethod
    def encoded(said: Any) -> str:
        """Return a record as a text."""
        return base64.b64encode(json.dumps(said).encode()).decode()
