"""Backups of encrypted volumes in a whole cloud in this process: their keys, and where they can be restored to."""

import base64
import json
import pathlib
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.volume import volume_key
from tests.functional.test_backup_life import BackupLifeTest
from tests.functional.test_volume_life import V

NEW = {"OpenStack-API-Version": "volume 3.64"}


class BackupEncryptionTest(BackupLifeTest):
    """Types that encrypt, on the backend that stores nothing."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for name, encryption in (("secret", {"provider": "luks"}), ("alike", {"provider": "luks", "key_size": 256}),
                                 ("other", {"provider": "luks", "key_size": 512})):
            type_id = cls.cloud.post(f"{V}/types", {"volume_type": {
                "name": name, "extra_specs": {"volume_backend_name": "fake"}}}).json["volume_type"]["id"]
            cls.cloud.post(f"{V}/types/{type_id}/encryption", {"encryption": encryption})

    def passphrase(self, volume_id: str) -> str:
        """Return what an agent is told that a volume is opened with."""
        asked = {"volume_id": volume_id, "with_key": True}
        return str(self.cloud.runtime.bus.call("scheduler", "volume_encryption", asked, timeout_s=5)["passphrase"])

    def refused(self, backup_id: str, **values: Any) -> str:
        """Ask for a restoration that is refused with a 400; return why."""
        answer = self.cloud.post(f"{V}/backups/{backup_id}/restore", {"restore": values})
        self.assertEqual(400, answer.status_int, answer.text)
        return str(answer.json["badRequest"]["message"])

    def keys(self) -> int:
        """Return how many keys there are."""
        with self.cloud.database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(volume_key)).scalar_one())

    def test_a_backup_opens_with_what_opened_its_volume(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase, backup_id = self.passphrase(volume_id), self.back_up(volume_id)
        shown = self.cloud.get(f"{V}/backups/{backup_id}", headers=NEW).json["backup"]
        self.assertEqual(36, len(shown["encryption_key_id"]))
        self.assertNotEqual(shown["encryption_key_id"],
                            self.cloud.get(f"{V}/volumes/{volume_id}", headers=NEW).json["volume"]["encryption_key_id"])
        self.assertNotIn("encryption_key_id", self.cloud.get(f"{V}/backups/{backup_id}").json["backup"])
        self.remove(volume_id)
        new = self.restore(backup_id)
        self.assertEqual("secret", self.cloud.get(f"{V}/volumes/{new}").json["volume"]["volume_type"])
        over = self.make(volume_type="alike", size=2)
        own = self.cloud.get(f"{V}/volumes/{over}", headers=NEW).json["volume"]["encryption_key_id"]
        self.restore(backup_id, volume_id=over)
        self.assertEqual([passphrase] * 2, [self.passphrase(each) for each in (new, over)])
        self.assertNotEqual(own, self.cloud.get(f"{V}/volumes/{over}", headers=NEW).json["volume"]["encryption_key_id"])
        self.assertEqual([f"volume {volume_id}"] * 2, [self.holds(each) for each in (new, over)])
        self.assertEqual([], self.cloud.settled_differences())
        self.drop(backup_id)
        for each in (new, over):
            self.remove(each)
        self.assertEqual(0, self.keys())

    def test_data_is_not_coded_anew(self) -> None:
        volume_id, plain, other = (self.make(volume_type=each) for each in ("secret", "stores-nothing", "other"))
        backup_id, of_plain = self.back_up(volume_id), self.back_up(plain)
        for asked, over in ((backup_id, plain), (backup_id, other), (of_plain, volume_id)):
            self.assertIn("restored as it is", self.refused(asked, volume_id=over))
        made = self.cloud.post(f"{V}/volumes", {"volume": {"backup_id": backup_id, "volume_type": "stores-nothing"}},
                               headers={"OpenStack-API-Version": "volume 3.47"})
        self.assertEqual((400, True), (made.status_int, "restored as it is" in made.text))
        self.drop(backup_id, of_plain)
        for each in (volume_id, plain, other):
            self.remove(each)

    def test_snapshots_keep_the_key_that_opens_them(self) -> None:
        volume_id, over = self.make(volume_type="secret"), self.make(volume_type="secret")
        backup_id = self.back_up(volume_id)
        for each in (volume_id, over):
            snapshot_id = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": each}}).json["snapshot"]["id"]
            self.wait(snapshot_id, "available", "snapshot")
        self.assertIn(snapshot_id, self.refused(backup_id, volume_id=over))
        self.restore(backup_id, volume_id=volume_id)  # whose snapshots open with the same
        self.drop(backup_id)
        for each in (volume_id, over):
            self.remove(each, "?cascade=true")
        self.assertEqual(0, self.keys())

    def test_a_restoration_that_fails_leaves_the_key(self) -> None:
        volume_id, over = self.make(volume_type="secret"), self.make(volume_type="secret")
        own, backup_id = self.passphrase(over), self.back_up(volume_id)
        for path in pathlib.Path(self.target(), "chunks", backup_id).rglob("*"):
            if path.is_file():
                path.write_bytes(b"damaged")
        self.restore(backup_id, volume_id=over)
        self.assertIn("write_volume", self.why(over))
        self.assertEqual((own, 3), (self.passphrase(over), self.keys()))
        self.drop(backup_id)
        for each in (volume_id, over):
            self.remove(each)

    def test_a_record_tells_of_the_key_and_no_more(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase, backup_id = self.passphrase(volume_id), self.back_up(volume_id)
        record = self.cloud.get(f"{V}/backups/{backup_id}/export_record").json["backup-record"]
        self.assertNotIn(passphrase, base64.b64decode(record["backup_url"]).decode())
        with self.cloud.database.write() as connection:  # what a database knew that was lost
            connection.execute(sa.text("DELETE FROM volume_key WHERE backup_id IS NOT NULL"))
            connection.execute(sa.text("DELETE FROM volume_backup"))
        self.remove(volume_id)
        path = pathlib.Path(self.cloud.directory, "volume-keys")
        own = path.read_text(encoding="ascii")
        path.write_text("ab" * 32 + "\n", encoding="ascii")
        self.assertIn("no master key", self.imported(record, 400).text)
        path.write_text("cd" * 32 + "\n" + own, encoding="ascii")
        for wrong in ({"key": None}, {"key": {"id": volume_id, "sealed": None, "secret": "../x"}},
                      {"said": {"encryption": {"format": "luks", "cipher": "rot13", "bits": 1}, "type_id": volume_id}}):
            self.assertIn("cannot be read", self.imported(self.changed(record, wrong), 400).text)
        self.assertEqual(backup_id, self.imported(record, 201).json["backup"]["id"])
        self.wait(backup_id, "available", "backup")
        new = self.restore(backup_id)
        self.assertEqual(passphrase, self.passphrase(new))
        self.drop(backup_id)
        self.remove(new)
        path.write_text(own, encoding="ascii")
        self.assertEqual(0, self.keys())

    def imported(self, record: dict[str, str], status: int) -> Any:
        """Send a record, and return the answer of a status."""
        answer = self.cloud.post(f"{V}/backups/import_record", {"backup-record": record})
        self.assertEqual(status, answer.status_int, answer.text)
        return answer

    def changed(self, record: dict[str, str], values: dict[str, Any]) -> dict[str, str]:
        """Return a record with something else in it."""
        said = json.loads(base64.b64decode(record["backup_url"])) | values
        return record | {"backup_url": base64.b64encode(json.dumps(said).encode()).decode()}


if __name__ == "__main__":
    unittest.main()
