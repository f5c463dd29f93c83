"""Keys of volumes in a key manager with Barbican's API: a whole cloud in this process, and a server that speaks that API."""

import time
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_key
from cumulo.volume import key_manager
from cumulo.volume.barbican import Barbican
from tests.fixtures.barbican import BarbicanServer
from tests.fixtures.whole_cloud import TIMEOUT_S, WholeCloud
from tests.functional.test_backup_life import BackupLifeTest
from tests.functional.test_volume_life import C, V


class KeyManagerTest(BackupLifeTest):
    """A cloud whose keys another service keeps."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.barbican = BarbicanServer()
        cls.addClassCleanup(cls.barbican.close)
        cls.cloud = WholeCloud(*cls.barbican.options())
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.script()
        type_id = cls.cloud.post(f"{V}/types", {"volume_type": {"name": "secret"}}).json["volume_type"]["id"]
        cls.cloud.post(f"{V}/types/{type_id}/encryption", {"encryption": {"provider": "luks"}})
        cls.manager = key_manager.KeyManager(cls.cloud.database, cls.cloud.conf, cls.cloud.runtime.ids,
                                             key_manager.store_of(cls.cloud.conf))

    def setUp(self) -> None:
        self.addCleanup(self.barbican.answers.clear)

    def passphrase(self, volume_id: str) -> Any:
        """Return what an agent is told that a volume is opened with."""
        asked = {"volume_id": volume_id, "with_key": True}
        return self.cloud.runtime.bus.call("scheduler", "volume_encryption", asked, timeout_s=5).get("passphrase")

    def rows(self) -> list[Any]:
        """Return the rows of keys."""
        with self.cloud.database.read() as connection:
            return list(connection.execute(sa.select(volume_key)).mappings())

    def end(self, *volume_ids: str) -> None:
        """Delete volumes; nothing is left of their keys once the key manager is asked to forget them."""
        for each in volume_ids:
            self.remove(each)
        self.manager.run_once()
        self.assertEqual(([], {}), (self.rows(), self.barbican.secrets))

    def stuck(self, volume_id: str, status: str) -> None:
        """Wait until a volume has been tried to make, and is still being made."""
        until = time.monotonic() + TIMEOUT_S
        while not self.barbican.asked and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(status, self.cloud.get(f"{V}/volumes/{volume_id}").json["volume"]["status"])

    def test_the_key_manager_has_the_key_for_as_long_as_there_is_a_copy(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase = self.passphrase(volume_id)
        self.assertEqual(([passphrase], None), (self.barbican.payloads(), self.rows()[0]["sealed"]))
        self.assertNotIn(passphrase, str(self.rows()))
        copy, backup_id = self.make(source_volid=volume_id), self.back_up(volume_id)
        self.remove(volume_id)
        self.manager.run_once()
        new = self.restore(backup_id)
        self.assertEqual([passphrase] * 2, [self.passphrase(each) for each in (copy, new)])
        self.assertEqual([passphrase], self.barbican.payloads())
        self.drop(backup_id)
        self.end(copy, new)

    def test_a_token_that_ran_out_is_replaced(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase = self.passphrase(volume_id)
        self.barbican.tokens.clear()
        self.assertEqual(passphrase, self.passphrase(volume_id))
        self.end(volume_id)

    def test_while_it_is_down_volumes_wait_and_deletions_do_not(self) -> None:
        volume_id = self.make(volume_type="secret")
        for answer in (503, None):
            self.barbican.answers.update(GET=answer, POST=answer, DELETE=answer)
            self.assertRaises(errors.Retry, self.passphrase, volume_id)
        self.barbican.asked.clear()
        new = self.cloud.post(f"{V}/volumes", {"volume": {"size": 1, "volume_type": "secret"}}).json["volume"]["id"]
        self.stuck(new, "creating")
        self.remove(volume_id)
        self.assertRaises(errors.Retry, self.manager.run_once)
        self.barbican.answers.clear()
        self.wait(new, "available")
        self.assertEqual(2, len(self.barbican.secrets))
        self.end(new)

    def test_what_it_refuses_ends_in_error_and_says_why(self) -> None:
        for answer in (403, 401):
            self.barbican.answers["POST"] = answer
            volume_id = self.make("error", volume_type="secret")
            self.assertIn("does not let the cloud's user do this", self.why(volume_id))
            self.barbican.answers.clear()
            self.end(volume_id)
        volume_id = self.make(volume_type="secret")
        self.barbican.answers["DELETE"] = 403
        self.remove(volume_id)
        self.assertRaises(errors.Forbidden, self.manager.run_once)
        self.assertEqual(1, len(self.rows()))
        self.barbican.answers.clear()
        self.manager.run_once()
        self.assertEqual(([], {}), (self.rows(), self.barbican.secrets))

    def test_a_key_that_is_gone_is_said_to_be(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make(volume_type="secret")
        self.barbican.secrets.clear()
        self.assertRaisesRegex(errors.Gone, "nobody can read", self.passphrase, volume_id)
        self.cloud.post(f"{C}/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})
        self.wait(volume_id, "available")
        self.assertIn("nobody can read", self.why(server_id))
        self.cloud.remove(server_id)
        self.end(volume_id)

    def test_whoever_dies_after_storing_a_key_finds_it_again(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase = self.passphrase(volume_id)
        with self.cloud.database.write() as connection:
            connection.execute(sa.update(volume_key).values(secret=None))
        self.assertEqual((passphrase, 1), (self.passphrase(volume_id), len(self.barbican.secrets)))
        store = Barbican(self.cloud.conf["keys"])
        store.keep(f"cumulo volume key {self.rows()[0]['id']}", "of who was second")
        self.end(volume_id)

    def test_imported_keys_are_left_to_their_owner(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase, backup_id = self.passphrase(volume_id), self.back_up(volume_id)
        record = self.cloud.get(f"{V}/backups/{backup_id}/export_record").json["backup-record"]
        with self.cloud.database.write() as connection:  # what a database knew that was lost
            connection.execute(sa.text("DELETE FROM volume_key WHERE backup_id IS NOT NULL"))
            connection.execute(sa.text("DELETE FROM volume_backup"))
        self.remove(volume_id)
        imported = self.cloud.post(f"{V}/backups/import_record", {"backup-record": record}).json["backup"]["id"]
        self.wait(imported, "available", "backup")
        self.assertEqual([False, True], [row["is_borrowed"] for row in sorted(self.rows(), key=lambda row: row["is_borrowed"])])
        self.manager.run_once()
        new = self.restore(imported)
        self.assertEqual(passphrase, self.passphrase(new))
        self.drop(imported)
        self.remove(new)
        self.manager.run_once()
        self.assertEqual(([], [passphrase]), (self.rows(), self.barbican.payloads()))
        self.barbican.secrets.clear()


if __name__ == "__main__":
    unittest.main()
