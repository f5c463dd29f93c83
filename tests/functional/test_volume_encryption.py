"""Encrypted volumes in a whole cloud in this process: their keys come, are told to agents alone, and go."""

import pathlib
import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_key
from tests.functional.test_volume_life import C, V, VolumeLifeTest


class EncryptionTest(VolumeLifeTest):
    """Types that encrypt."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for name, encryption in (("secret", {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256}),
                                 ("other", {"provider": "luks"}), ("odd", {"provider": "luks2"}), ("plain", None)):
            type_id = cls.cloud.post(f"{V}/types", {"volume_type": {"name": name}}).json["volume_type"]["id"]
            if encryption:
                cls.cloud.post(f"{V}/types/{type_id}/encryption", {"encryption": {**encryption, "control_location": "front-end"}})

    def passphrase(self, volume_id: str) -> Any:
        """Return what an agent is told that a volume is opened with."""
        asked = {"volume_id": volume_id, "with_key": True}
        return self.cloud.runtime.bus.call("scheduler", "volume_encryption", asked, timeout_s=5).get("passphrase")

    def shown(self, volume_id: str, version: str = "3.64") -> dict[str, Any]:
        """Return a volume as it is shown."""
        found = self.cloud.get(f"{V}/volumes/{volume_id}", headers={"OpenStack-API-Version": f"volume {version}"})
        return dict(found.json["volume"])

    def kept(self) -> dict[str, str]:
        """Return the keys as the database has them, by their volumes."""
        with self.cloud.database.read() as connection:
            return dict(connection.execute(sa.select(volume_key.c.volume_id, volume_key.c.sealed)).all())

    def refused(self, path: str, body: dict[str, Any]) -> str:
        """Ask for what is refused with a 400; return why."""
        answer = self.cloud.post(f"{V}{path}", body)
        self.assertEqual(400, answer.status_int, answer.text)
        return str(answer.json["badRequest"]["message"])

    def test_a_key_comes_and_goes_with_its_volume(self) -> None:
        volume_id, plain = self.make(volume_type="secret"), self.make(volume_type="plain")
        passphrase = self.passphrase(volume_id)
        self.assertEqual((44, None), (len(passphrase), self.passphrase(plain)))
        found = self.shown(volume_id)
        self.assertTrue(found["encrypted"])
        self.assertEqual(36, len(found["encryption_key_id"]))
        told = self.cloud.get(f"{V}/volumes/{volume_id}/encryption").json
        self.assertEqual({"encryption_key_id": found["encryption_key_id"], "provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256,
                          "control_location": "front-end"}, told)
        self.assertEqual({"cipher": "aes-xts-plain64"}, self.cloud.get(f"{V}/volumes/{volume_id}/encryption/cipher").json)
        self.assertEqual(404, self.cloud.get(f"{V}/volumes/{volume_id}/encryption/passphrase").status_int)
        self.assertEqual({"encryption_key_id": None}, self.cloud.get(f"{V}/volumes/{plain}/encryption").json)
        self.assertNotIn("encryption_key_id", self.shown(volume_id, "3.63"))
        self.assertFalse(self.shown(plain)["encrypted"])
        self.assertNotIn("encryption_key_id", self.shown(plain))
        self.assertNotIn(passphrase, self.kept()[volume_id])
        master = pathlib.Path(self.cloud.directory, "volume-keys")
        self.assertEqual(0o600, master.stat().st_mode & 0o777)
        self.assertEqual([], self.cloud.settled_differences())
        for each in (volume_id, plain):
            self.remove(each)
        self.assertEqual({}, self.kept())
        self.assertRaises(errors.NotFound, self.passphrase, volume_id)

    def test_copies_have_keys_of_their_own_that_open_the_same(self) -> None:
        volume_id = self.make(volume_type="secret")
        passphrase = self.passphrase(volume_id)
        snapshot_id = self.cloud.post(f"{V}/snapshots", {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"]
        self.wait(snapshot_id, "available", "snapshot")
        copies = [self.make(source_volid=volume_id), self.make(snapshot_id=snapshot_id)]
        self.assertEqual(3, len({self.shown(each)["encryption_key_id"] for each in (volume_id, *copies)}))
        self.remove(volume_id, "?cascade=true")
        self.assertEqual([passphrase] * 2, [self.passphrase(each) for each in copies])
        for each in copies:
            self.remove(each)

    def test_data_is_not_coded_anew(self) -> None:
        volume_id, plain = self.make(volume_type="secret"), self.make(volume_type="plain")
        for source, kind in ((volume_id, "plain"), (volume_id, "other"), (plain, "secret")):
            self.assertIn("copied as it is", self.refused("/volumes", {"volume": {"size": 1, "source_volid": source, "volume_type": kind}}))
            self.assertIn("copied as it is", self.refused(f"/volumes/{source}/action", {
                "os-retype": {"new_type": kind, "migration_policy": "never"}}))
        self.assertIn("is encrypted", self.refused(f"/volumes/{volume_id}/action", {"os-volume_upload_image": {"image_name": "x"}}))
        self.assertIn("encrypts in a way", self.refused("/volumes", {"volume": {"size": 1, "volume_type": "odd"}}))
        for each in (volume_id, plain):
            self.remove(each)

    def test_without_the_master_key_nothing_is_opened(self) -> None:
        volume_id = self.make(volume_type="secret")
        path = pathlib.Path(self.cloud.directory, "volume-keys")
        own, passphrase = path.read_text(), self.passphrase(volume_id)
        path.write_text("ab" * 32 + "\n" + own)  # a new one is put before it: the old one still opens
        self.assertEqual(passphrase, self.passphrase(volume_id))
        for lost in ("ab" * 32, "", "no key"):
            path.write_text(lost)
            self.assertRaises(errors.ServiceUnavailable, self.passphrase, volume_id)
        path.write_text(own)
        self.remove(volume_id)

    def test_a_guest_is_told_how_it_is_encrypted(self) -> None:
        server_id, volume_id = self.cloud.boot(), self.make(volume_type="secret")
        self.cloud.post(f"{C}/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume_id}})
        self.wait(volume_id, "in-use")
        with self.cloud.database.read() as connection:
            told = connection.execute(sa.text("SELECT connection FROM volume_attachment")).scalar_one()
        self.assertIn('"encryption":"luks"', told)
        self.assertNotIn(self.passphrase(volume_id), told)
        self.cloud.remove(server_id)
        self.remove(volume_id)


if __name__ == "__main__":
    unittest.main()
