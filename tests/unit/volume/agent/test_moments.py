"""Copies of volumes in use: what stands in their way, and files that nobody else shall write over."""

import pathlib
import tempfile
import unittest
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import target_of
from cumulo.volume.agent.moments import Moments
from tests.fixtures.slow_files import SlowFiles

ONE, TWO = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2))
USER = {"server_id": TWO, "host": "h1"}


class _Written(SlowFiles):
    """Files of which one is written to while it is copied."""

    def copy_plainly(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy the beginning before it is written to."""
        super().copy_plainly(source, target)
        with source.open("r+b") as file:
            file.write(b"later")


class MomentsTest(unittest.TestCase):
    """A backend of files, and users as the test says."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="cumulo-moments-test-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.asked: list[tuple[str, str]] = []

    def moments(self, *users: Mapping[str, Any], is_wanted: bool = True) -> Moments:
        """Return what makes copies of a volume that these use."""
        return Moments({}, lambda _: users, self.answer, lambda _: is_wanted, Clock())

    def answer(self, host: str, method: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Answer as an agent does whose guest is off."""
        self.asked.append((host, method))
        return {"state": "shut"}

    def test_what_is_written_to_while_it_is_copied_is_no_copy(self) -> None:
        backend = _Written(self.directory, Threads(), name="file")
        backend.create(ONE, 1)
        moments = self.moments(USER)
        self.assertRaisesRegex(errors.Retry, "written to", moments.snapshot, backend, "file", TWO, ONE, print)
        self.assertEqual(((), [("h1", "copy_volume")]), (backend.holdings().snapshots, self.asked))
        moments.give_up(backend, "file", ONE, TWO)
        backend.delete_snapshot(TWO)
        self.assertEqual(((), ("h1", "stop_copying")), (backend.holdings().partial, self.asked[-1]))

    def test_several_users_have_no_moment_in_common(self) -> None:
        backend = SlowFiles(self.directory, Threads(), name="file")
        backend.create(ONE, 1)
        moments = self.moments(USER, {"server_id": ONE, "host": "h2"})
        self.assertRaisesRegex(errors.Conflict, "several", moments.clone, backend, "file", TWO, ONE, 1, print)
        self.moments().clone(backend, "file", TWO, ONE, 1, print)
        self.assertEqual([ONE, TWO], [each for each, _ in backend.holdings().volumes])
        self.assertEqual([], self.asked)

    def test_only_files_that_agents_make_for_copies_are_written_to(self) -> None:
        good = self.directory / f"snapshot-{ONE}.new"
        good.touch()
        self.assertEqual(good, target_of(str(good)))
        link = self.directory / f"snapshot-{TWO}.new"
        link.symlink_to(good)
        whole = self.directory / f"volume-{ONE}"
        whole.touch()
        for path in (link, whole, self.directory, self.directory / f"volume-{TWO}.new", self.directory / "passwd.new"):
            self.assertRaises(errors.Conflict, target_of, str(path))


if __name__ == "__main__":
    unittest.main()
