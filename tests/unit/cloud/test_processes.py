"""Processes are known by pid and start time; ports by who listens."""

import os
import pathlib
import tempfile
import unittest

from cumulo.cloud import ports, processes


class ProcessesTest(unittest.TestCase):
    """Pid files, with this very process as the one they name."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.pid_file = pathlib.Path(directory.name) / "x.pid"

    def test_a_running_process_is_found(self) -> None:
        """Pid and start time agree."""
        self.pid_file.write_text(f"{os.getpid()} {processes.start_time(os.getpid())}\n")
        self.assertEqual(os.getpid(), processes.running_pid(self.pid_file))

    def test_a_stranger_with_the_same_pid_is_not_ours(self) -> None:
        """Nor is it stopped."""
        self.pid_file.write_text(f"{os.getpid()} 1\n")
        self.assertIsNone(processes.running_pid(self.pid_file))
        self.assertFalse(processes.stop(self.pid_file))
        self.assertFalse(self.pid_file.exists())

    def test_half_a_pid_file_names_nobody(self) -> None:
        """A crash may leave anything."""
        for text in ("", "12", "x y", "1 2 3"):
            self.pid_file.write_text(text)
            self.assertIsNone(processes.running_pid(self.pid_file), text)

    def test_the_age_of_a_process_is_not_negative(self) -> None:
        """It is a time since boot, subtracted from the time since boot."""
        self.assertGreaterEqual(processes.age_s(os.getpid()), 0)


class TargetTest(unittest.TestCase):
    """Reading links of /proc that vanish."""

    def test_a_link_that_is_gone_leads_nowhere(self) -> None:
        """A descriptor closes while the list is read."""
        self.assertEqual("", ports._target(pathlib.Path("/proc/self/fd/nothing")))
