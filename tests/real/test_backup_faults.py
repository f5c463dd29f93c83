"""Backups over real processes: the agent is killed in the midst of each, and another backend gets the same bytes."""

import hashlib
import os
import pathlib
import shutil
import signal
import time
import unittest
from collections.abc import Callable
from typing import Any

from cumulo.common.operations import store
from tests.fixtures.agreement import audit_of
from tests.fixtures.fleet import CONTROL, Fleet, running, wait_for
from tests.fixtures.rabbitmq import temporary_directory

V = "/volume/v3"
MIB = 1024 * 1024
DATA_MIB = 96
KEY = "11" * 32
OPTIONS: dict[str, dict[str, Any]] = {
    "DEFAULT": {"bus_silence_s": 1.5}, "scheduler": {"lease_s": 1.5, "poll_s": 0.3},
    "volume": {"enabled_backends": "one:file, two:file", "agent_heartbeat_s": 1}}


class BackupFaultsTest(unittest.TestCase):
    """One cloud with two backends of files on one host, and a directory of sealed backups."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = temporary_directory("backup-faults")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        keys = cls.directory / "keys"
        keys.write_text(f"{KEY}\n")
        options = OPTIONS | {"backup": {"chunk_mib": 1, "key_file": keys}}
        cls.fleet = cls.enterClassContext(running(Fleet(cls.directory, hosts=0, schedulers=1, options=options)))
        cls.client = cls.fleet.client()
        for name in ("one", "two"):
            cls.client.post(f"{V}/types", {"volume_type": {"name": name, "extra_specs": {"volume_backend_name": name}}})

    def test_what_is_backed_up_on_one_backend_is_restored_on_another(self) -> None:
        volume_id = self.make({"volume": {"size": 1, "volume_type": "one"}})
        with self.file("one", volume_id).open("r+b") as file:
            for number in range(DATA_MIB):
                file.seek(number * 10 * MIB)
                file.write(os.urandom(MIB))
        wanted = self.digest(self.file("one", volume_id))
        backup_id = str(self.client.post(f"{V}/backups", {"backup": {"volume_id": volume_id}})["backup"]["id"])
        chunks = self.target / "chunks" / backup_id
        self.kill_when(lambda: chunks.exists() and len(list(chunks.iterdir())) > DATA_MIB // 4)
        self.assertFalse((self.target / "manifests" / backup_id).exists(), "it was killed in the midst")
        self.settled(backup_id, "backup", "available")
        self.assertEqual(DATA_MIB, len(list(chunks.iterdir())))
        self.client.delete(f"{V}/volumes/{volume_id}")
        self.settled(volume_id, "volume", "")
        answer = self.client.request("POST", f"{V}/volumes", {"volume": {"backup_id": backup_id, "volume_type": "two"}},
                                     version="volume 3.47")
        new = str(answer["volume"]["id"])
        half = self.file("two", new).with_name(f"volume-{new}.new")
        self.kill_when(lambda: half.exists() and half.stat().st_blocks * 512 > DATA_MIB // 4 * MIB)
        self.assertFalse(self.file("two", new).exists(), "it was killed in the midst")
        self.settled(new, "volume", "available")
        self.assertEqual(wanted, self.digest(self.file("two", new)))
        self.overwrite(new, backup_id, wanted)
        self.delete_both(new, backup_id)

    def overwrite(self, volume_id: str, backup_id: str, wanted: str) -> None:
        """Overwrite the volume with the backup while the agent is killed: it has all of it in the end."""
        path = self.file("two", volume_id)
        with path.open("r+b") as file:
            file.write(b"changed")
        before = path.stat().st_ino
        self.client.post(f"{V}/backups/{backup_id}/restore", {"restore": {"volume_id": volume_id}})
        half = path.with_name(f"{path.name}.new")
        self.kill_when(lambda: half.exists() and half.stat().st_blocks * 512 > DATA_MIB // 4 * MIB)
        self.assertEqual((before, b"changed"), (path.stat().st_ino, path.read_bytes()[:7]), "until then it stays as it is")
        self.settled(volume_id, "volume", "available")
        self.assertEqual(wanted, self.digest(path))

    def delete_both(self, volume_id: str, backup_id: str) -> None:
        """Delete a volume and a backup while the agent is killed: nothing is left of either."""
        self.client.delete(f"{V}/volumes/{volume_id}")
        self.client.delete(f"{V}/backups/{backup_id}")
        self.kill_when(lambda: not (self.target / "manifests" / backup_id).exists())
        self.settled(volume_id, "volume", "")
        self.settled(backup_id, "backup", "")
        left = [path for folder in (self.target, self.directory / CONTROL / "volumes") for path in folder.rglob("*") if path.is_file()]
        self.assertEqual([], left)
        self.assertEqual([], audit_of(self.fleet))

    @property
    def target(self) -> pathlib.Path:
        """Return where backups are."""
        return self.directory / CONTROL / "backups"

    def file(self, backend: str, volume_id: str) -> pathlib.Path:
        """Return the file of a volume."""
        return self.directory / CONTROL / "volumes" / backend / f"volume-{volume_id}"

    def make(self, body: dict[str, Any]) -> str:
        """Make a volume and return its id once it is available."""
        made = str(self.client.post(f"{V}/volumes", body)["volume"]["id"])
        self.settled(made, "volume", "available")
        return made

    def kill_when(self, is_time: Callable[[], bool]) -> None:
        """Kill the agent as it stands, in the moment in which a condition holds."""
        until = time.monotonic() + 20
        while not is_time():
            self.assertLess(time.monotonic(), until, "the moment never came")
            time.sleep(0.002)
        self.fleet.services[f"volume.{CONTROL}"].send(signal.SIGKILL)

    def settled(self, its_id: str, kind: str, status: str) -> None:
        """Wait until nothing is done to a thing and it is in a status, "" for gone."""
        def is_settled() -> bool:
            with self.fleet.database.read() as connection:
                if store.active(connection, its_id) is not None:
                    return False
            found = {each["id"]: each["status"] for each in self.client.get(f"{V}/{kind}s/detail")[f"{kind}s"]}
            return found.get(its_id, "") == status

        wait_for(is_settled, f"{kind} {its_id} that is {status or 'gone'}", 60)

    @staticmethod
    def digest(path: pathlib.Path) -> str:
        """Return the hash of a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    unittest.main()
