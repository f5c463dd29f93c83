"""Backups in a whole cloud in this process, with a backend that stores nothing and one of files, and a directory of backups."""

import base64
import hashlib
import json
import pathlib
import unittest
from typing import Any

from cumulo.common.operations import store
from tests.fixtures.whole_cloud import WholeCloud
from tests.functional import test_volume_life
from tests.functional.test_volume_life import V

TYPE = {"fake": "stores-nothing", "file": "files"}


class BackupLifeTest(test_volume_life.VolumeLifeTest):
    """From a backend to the target and back."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud(("volume", "enabled_backends", ["fake:fake", "file:file"]))
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()
        for backend, name in TYPE.items():
            cls.cloud.post(f"{V}/types", {"volume_type": {"name": name, "extra_specs": {"volume_backend_name": backend}}})

    def disk(self, backend: str = "fake", **values: Any) -> str:
        """Make a volume on a backend."""
        return self.make(volume_type=TYPE[backend], **values)

    def back_up(self, volume_id: str, status: str = "available", **values: Any) -> str:
        """Make a backup and return its id once it is settled."""
        made = self.cloud.post(f"{V}/backups", {"backup": {"volume_id": volume_id, **values}})
        self.assertEqual(202, made.status_int, made.text)
        backup_id = str(made.json["backup"]["id"])
        self.wait(backup_id, status, "backup")
        return backup_id

    def restore(self, backup_id: str, status: str = "available", **values: Any) -> str:
        """Restore a backup and return the volume's id once it is settled."""
        asked = self.cloud.post(f"{V}/backups/{backup_id}/restore", {"restore": values})
        self.assertEqual(202, asked.status_int, asked.text)
        volume_id = str(asked.json["restore"]["volume_id"])
        self.wait(volume_id, status)
        return volume_id

    def drop(self, *backup_ids: str) -> None:
        """Delete backups, and see that nothing is left of them."""
        for each in backup_ids:
            self.assertEqual(202, self.cloud.delete(f"{V}/backups/{each}").status_int)
            self.wait(each, "", "backup")
            self.assertEqual([], [str(path) for path in self.target().rglob(f"*{each}*")])

    def target(self) -> pathlib.Path:
        """Return where backups are."""
        return pathlib.Path(self.cloud.directory, "backups")

    def holds(self, volume_id: str) -> str:
        """Return what the backend that stores nothing remembers of what was written to a volume."""
        return str(self.held()["volumes"][volume_id].get("holds"))

    def file(self, volume_id: str) -> pathlib.Path:
        """Return the file of a volume."""
        return pathlib.Path(self.cloud.directory, "volumes", "file", f"volume-{volume_id}")

    def why(self, its_id: str) -> str:
        """Return what the newest operation of a thing came to."""
        with self.cloud.database.read() as connection:
            return str(store.for_resource(connection, its_id)[0]["error"])


class LifeTest(BackupLifeTest):
    """Making, restoring, deleting."""

    def test_a_backup_outlives_its_volume(self) -> None:
        volume_id = self.disk()
        backup_id = self.back_up(volume_id)
        shown = self.cloud.get(f"{V}/backups/{backup_id}").json["backup"]
        self.assertEqual((2, 1, False), (shown["object_count"], shown["size"], shown["is_incremental"]))
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)
        new = self.restore(backup_id)
        self.assertEqual(f"volume {volume_id}", self.holds(new))
        over = self.disk(size=2)
        self.restore(backup_id, volume_id=over)
        self.assertEqual(f"volume {volume_id}", self.holds(over))
        self.assertEqual([], self.cloud.settled_differences())
        for each in (new, over):
            self.remove(each)
        self.drop(backup_id)
        self.assertEqual([], self.cloud.settled_differences())

    def test_another_backend_gets_the_same_bytes(self) -> None:
        volume_id = self.disk("file")
        with self.file(volume_id).open("r+b") as file:
            for offset in (0, 5 << 20, (1 << 30) - 4):
                file.seek(offset)
                file.write(b"data")
        full = self.back_up(volume_id)
        with self.file(volume_id).open("r+b") as file:
            file.seek(5 << 20)
            file.write(b"DATA")
        less = self.back_up(volume_id, incremental=True)
        shown = [self.cloud.get(f"{V}/backups/{each}").json["backup"]["object_count"] for each in (full, less)]
        self.assertEqual([4, 2], shown, "zeros are not kept, nor is what the one before has")
        wanted = self.digest(self.file(volume_id))
        self.remove(volume_id)
        new = self.restore_as("file", less)
        self.assertEqual(wanted, self.digest(self.file(new)))
        self.assertLess(self.file(new).stat().st_blocks * 512, 64 << 20, "what was zero takes no room")
        self.assertEqual("data", self.holds(self.restore_as("fake", full)))
        refused = self.cloud.delete(f"{V}/backups/{full}")
        self.assertEqual((400, True), (refused.status_int, less in refused.text))
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(new)
        self.drop(less, full)

    def restore_as(self, backend: str, backup_id: str) -> str:
        """Make a volume of a backup on a backend."""
        made = self.cloud.post(f"{V}/volumes", {"volume": {"backup_id": backup_id, "volume_type": TYPE[backend]}},
                               headers={"OpenStack-API-Version": "volume 3.47"})
        self.assertEqual(202, made.status_int, made.text)
        self.wait(made.json["volume"]["id"], "available")
        return str(made.json["volume"]["id"])

    @staticmethod
    def digest(path: pathlib.Path) -> str:
        """Return the hash of a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def test_what_changes_while_it_is_kept(self) -> None:
        volume_id = self.disk()
        snapshot = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"]
        self.wait(snapshot, "available", "snapshot")
        of_snapshot = self.back_up(volume_id, snapshot_id=snapshot)
        self.act(volume_id, **{"os-attach": {"mountpoint": "/dev/vdb", "host_name": "elsewhere"}})
        self.wait(volume_id, "in-use")
        self.assertEqual(400, self.cloud.post(f"{V}/backups", {"backup": {"volume_id": volume_id}}).status_int)
        in_use = self.back_up(volume_id, force=True)
        self.wait(volume_id, "in-use")
        self.assertEqual([snapshot], list(self.held()["snapshots"]), "the moment is held no longer than it takes")
        self.assertEqual([], self.cloud.settled_differences())
        self.act(volume_id, **{"os-detach": {}})
        self.remove(volume_id, "?cascade=true")
        self.drop(of_snapshot, in_use)

    def test_a_record_leads_to_the_same_data(self) -> None:
        volume_id = self.disk()
        backup_id = self.back_up(volume_id)
        record = self.cloud.get(f"{V}/backups/{backup_id}/export_record").json["backup-record"]
        said = json.loads(base64.b64decode(record["backup_url"]))
        other, lost = (digit * 8 + backup_id[8:] for digit in "56")
        for its_id, location, status in ((other, backup_id, "available"), (lost, lost, "error")):
            url = base64.b64encode(json.dumps(said | {"id": its_id, "location": location}).encode()).decode()
            made = self.cloud.post(f"{V}/backups/import_record", {"backup-record": record | {"backup_url": url}})
            self.assertEqual(201, made.status_int, made.text)
            self.wait(its_id, status, "backup")
        self.assertIn("There is no data", self.cloud.get(f"{V}/backups/{lost}").json["backup"]["fail_reason"])
        self.assertEqual([], self.cloud.settled_differences())
        self.assertEqual(202, self.cloud.delete(f"{V}/backups/{backup_id}").status_int)
        self.wait(backup_id, "", "backup")
        new = self.restore(other)  # whose data stayed with it
        self.assertEqual(f"volume {volume_id}", self.holds(new))
        self.assertEqual([], self.cloud.settled_differences())
        for each in (volume_id, new):
            self.remove(each)
        self.drop(other, lost)
        self.assertEqual([], [path for path in self.target().rglob("*") if path.is_file()])


class FailingTest(BackupLifeTest):
    """What goes wrong leaves nothing behind, and is told."""

    def test_a_backup_that_fails_leaves_nothing(self) -> None:
        volume_id = self.disk()
        self.script(faults={"read": "the disk is broken"})
        backup_id = self.back_up(volume_id, "error")
        self.assertIn("the disk is broken", self.cloud.get(f"{V}/backups/{backup_id}").json["backup"]["fail_reason"])
        self.wait(volume_id, "available")
        self.assertEqual([], self.cloud.settled_differences())
        self.cloud.script()
        self.drop(backup_id)
        self.remove(volume_id)

    def test_a_backup_is_deleted_while_it_is_made(self) -> None:
        volume_id = self.disk()
        self.script(delays={"read": 0.5})
        made = self.cloud.post(f"{V}/backups", {"backup": {"volume_id": volume_id}}).json["backup"]["id"]
        self.assertEqual("backing-up", self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["status"])
        self.assertEqual(400, self.cloud.delete(f"{V}/volumes/{volume_id}").status_int)
        self.drop(made)
        self.wait(volume_id, "available")
        self.assertEqual([], self.cloud.settled_differences())
        self.remove(volume_id)

    def test_what_is_damaged_replaces_nothing(self) -> None:
        volume_id = self.disk("file")
        self.file(volume_id).write_bytes(b"before".ljust(4096, b"\0"))
        backup_id = self.back_up(volume_id)
        self.file(volume_id).write_bytes(b"after".ljust(4096, b"\0"))
        (chunk,) = (self.target() / "chunks" / backup_id).iterdir()
        chunk.write_bytes(chunk.read_bytes()[:-2] + b"xx")
        self.restore(backup_id, volume_id=volume_id)
        self.assertIn(f"chunks/{backup_id}/00000000 is damaged", self.why(volume_id))
        self.assertEqual(b"after", self.file(volume_id).read_bytes()[:5], "the volume is as it was")
        new = self.restore(backup_id, "error")
        self.assertIn("is damaged", self.why(new))
        chunk.unlink()
        self.assertIn("is missing", self.why(self.restore(backup_id, "error")))
        self.assertEqual([], [path for path in self.file(volume_id).parent.iterdir() if path.suffix == ".new"])
        self.assertEqual([], self.cloud.settled_differences())
        for each in self.cloud.get(f"{V}/volumes").json["volumes"]:
            self.remove(each["id"])
        self.drop(backup_id)


if __name__ == "__main__":
    unittest.main()
