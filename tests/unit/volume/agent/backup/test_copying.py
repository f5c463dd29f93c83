"""Backups in a directory: the suite of all targets, and what seals add to it."""

import os
import pathlib
import tempfile
import unittest

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.volume.agent.backup import copying, sealing
from cumulo.volume.agent.backup.copying import Plan, Watch
from cumulo.volume.agent.backup.directory import DirectoryTarget
from cumulo.volume.agent.backup.sealing import Damaged, Sealer
from cumulo.volume.agent.backup.target import Target
from cumulo.volume.agent.backup.vault import Vault
from tests.fixtures.target_suite import CHUNK, DIFFERENCE, FULL, WATCH, Disk, TargetSuite


class _InDirectory(TargetSuite):
    def make(self) -> Target:
        directory = tempfile.TemporaryDirectory(prefix="cumulo-target-test-")
        self.addCleanup(directory.cleanup)  # type: ignore[attr-defined]
        self.directory = pathlib.Path(directory.name)
        return DirectoryTarget(self.directory / "backups")


class DirectoryTargetTest(_InDirectory, unittest.TestCase):
    """Files."""

    def test_only_the_services_may_look(self) -> None:
        self.target.put("chunks/a/0", b"data")
        self.assertEqual((0o700, 0o600), tuple(
            (self.directory / "backups" / each).stat().st_mode & 0o777 for each in ("chunks/a", "chunks/a/0")))

    def test_half_a_file_has_no_name(self) -> None:
        self.target.put("chunks/a/0", b"data")
        (self.directory / "backups/chunks/a/1.new").write_bytes(b"half")
        self.assertEqual(["0"], self.target.names("chunks/a"))
        self.target.delete_folder("chunks/a")
        self.assertEqual([], self.target.names("chunks"))

    def test_nobody_wants_it_any_more(self) -> None:
        def refuse() -> None:
            raise errors.Conflict("enough")

        disk = Disk(os.urandom(CHUNK))
        with self.assertRaisesRegex(errors.Conflict, "enough"):
            copying.save(self.vault, Threads(), Plan(FULL, None, CHUNK), disk, Watch(lambda percent: None, refuse))
        self.assertEqual((), self.vault.held().whole)

    def test_without_the_one_it_is_compared_with_there_is_none(self) -> None:
        with self.assertRaisesRegex(errors.NotFound, FULL):
            copying.save(self.vault, Threads(), Plan(DIFFERENCE, FULL, CHUNK), Disk(b"data"), WATCH)


class SealedTest(_InDirectory, unittest.TestCase):
    """The same suite over the same target, with a key."""

    def setUp(self) -> None:
        super().setUp()
        self.vault = self.with_keys("11" * 32)

    def with_keys(self, *keys: str) -> Vault:
        """Return the backups as an agent with these keys sees them."""
        path = self.directory / "keys"
        path.write_text("# the newest first\n" + "\n".join(keys) + "\n")
        return Vault(self.target, Sealer(sealing.read_keys(str(path)), 3, os.urandom), Threads())

    def test_nothing_can_be_read_without_the_key(self) -> None:
        disk = Disk(b"secret" * CHUNK)
        copying.save(self.vault, Threads(), Plan(FULL, None, CHUNK), disk, WATCH)
        kept = b"".join(path.read_bytes() for path in self.directory.rglob("*") if path.is_file() and path.name != "keys")
        for each in (b"secret", FULL.encode(), b"digest"):
            self.assertNotIn(each, kept)
        for keys in ((), ("22" * 32,)):
            vault = self.with_keys(*keys) if keys else Vault(self.target, Sealer({}, 3, os.urandom), Threads())
            with self.assertRaisesRegex(errors.Conflict, "sealed with the key .* does not hold"):
                copying.restore(vault, Threads(), FULL, disk, WATCH)

    def test_a_new_key_seals_and_the_old_one_still_opens(self) -> None:
        disk = Disk(os.urandom(2 * CHUNK))
        copying.save(self.vault, Threads(), Plan(FULL, None, CHUNK), disk, WATCH)
        later = self.with_keys("22" * 32, "11" * 32)
        disk.write(0, b"changed")
        copying.save(later, Threads(), Plan(DIFFERENCE, FULL, CHUNK), disk, WATCH)
        again = Disk(b"\0" * 2 * CHUNK)
        copying.restore(later, Threads(), DIFFERENCE, again, WATCH)
        self.assertEqual(disk.content, again.content)
        with self.assertRaisesRegex(errors.Conflict, "does not hold"):
            copying.restore(self.vault, Threads(), DIFFERENCE, again, WATCH)

    def test_what_is_put_in_anothers_place_does_not_open(self) -> None:
        copying.save(self.vault, Threads(), Plan(FULL, None, CHUNK), Disk(os.urandom(2 * CHUNK)), WATCH)
        first, second = (f"chunks/{FULL}/{number:08x}" for number in (0, 1))
        self.target.put(first, self.target.get(second))
        with self.assertRaisesRegex(Damaged, f"{first} is damaged: its seal is broken"):
            copying.restore(self.vault, Threads(), FULL, Disk(b"\0" * 2 * CHUNK), WATCH)
        self.target.put(first, self.target.get(second)[:20])
        with self.assertRaisesRegex(Damaged, "too short"):
            copying.restore(self.vault, Threads(), FULL, Disk(b"\0" * 2 * CHUNK), WATCH)

    def test_a_file_that_holds_no_keys_is_refused_and_not_told(self) -> None:
        for text in ("", "# nothing\n", "secret-but-wrong", "11" * 31):
            path = self.directory / "keys"
            path.write_text(text)
            with self.assertRaises(ValueError) as caught:
                sealing.read_keys(str(path))
            self.assertNotIn("secret", str(caught.exception))
        self.assertEqual({}, sealing.read_keys(""))


if __name__ == "__main__":
    unittest.main()
