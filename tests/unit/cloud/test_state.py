"""The state of a cloud: written whole, repaired or named when it is not."""

import pathlib
import tempfile
import unittest

from cumulo.cloud import state as states
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal
from cumulo.cloud.state import State


class StateTest(unittest.TestCase):
    """cloud.json in a directory of its own."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = Layout(pathlib.Path(directory.name) / "cloud")
        self.layout.make()

    def test_a_directory_without_a_cloud_has_no_state(self) -> None:
        """The directories alone are what a kill right after the first step leaves."""
        self.assertIsNone(states.read(self.layout))

    def test_what_is_written_is_read(self) -> None:
        """Every fact survives, and the file with the password is private."""
        state = State(port=15000, admin_password="secret", finished=["image"], ports={"rabbitmq": 5673})
        states.write(self.layout, state)
        self.assertEqual(state, states.read(self.layout))
        self.assertEqual(0o600, self.layout.state_file.stat().st_mode & 0o777)

    def test_the_leftover_of_a_write_is_removed(self) -> None:
        """The rename did not happen, so the former state counts."""
        states.write(self.layout, State(port=15000))
        leftover = self.layout.state_file.with_name("cloud.json.new")
        leftover.write_text('{"po')
        self.assertEqual(15000, states.read(self.layout).port)
        self.assertFalse(leftover.exists())

    def test_a_damaged_file_is_named(self) -> None:
        """Nothing is guessed about a cloud whose state cannot be read."""
        self.layout.state_file.write_text('{"port": 15')
        with self.assertRaisesRegex(Refusal, "cloud.json is damaged"):
            states.read(self.layout)

    def test_somebody_elses_directory_is_refused(self) -> None:
        """The refusal names what was found there."""
        (self.layout.state_dir / "thesis.tex").touch()
        with self.assertRaisesRegex(Refusal, "thesis.tex"):
            states.read(self.layout)

    def test_options_may_be_set_before_the_first_start(self) -> None:
        """A directory with nothing but them is a new one."""
        self.layout.local_config_file.touch()
        self.assertIsNone(states.read(self.layout))

    def test_a_finished_stage_is_recorded_once(self) -> None:
        """A stage that is done again changes nothing."""
        state = State()
        states.finish(self.layout, state, "image")
        states.finish(self.layout, state, "image")
        self.assertEqual(["image"], states.read(self.layout).finished)
