"""Steps on the fake driver: each run twice, each undo run twice, from every state a crash may leave."""

import json
import pathlib
import tempfile
import unittest
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.compute.agent.driver import Power
from cumulo.compute.agent.fake import FakeDriver
from tests.fixtures.compute_agent import SERVER_ID, RecordingCall, Uploads, make_steps, server_facts


class SteppedClock(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        """Return the time slept so far."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.time += seconds


class StepsTest(unittest.TestCase):
    """The table of steps."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.clock = SteppedClock()
        self.driver = self.make_driver()
        self.uploads = Uploads()
        self.state: dict[str, Any] = {"server_id": SERVER_ID, "host": "h"}

    def make_driver(self) -> FakeDriver:
        """Return a driver over the same file, as after a restart."""
        return FakeDriver(self.directory / "servers.json", self.clock, Threads(), host="h",
                          script=str(self.directory / "script.json"))

    def script(self, **content: Any) -> None:
        """Tell the driver how to behave."""
        (self.directory / "script.json").write_text(json.dumps(content))

    def run_step(self, name: str, *, undo: bool = False, times: int = 2) -> None:
        """Run a step so many times."""
        steps = make_steps(self.driver, self.clock, lambda server_id: server_facts(id=server_id), self.uploads)
        for _ in range(times):
            steps.table()[name][1 if undo else 0](self.state, RecordingCall())

    def made(self, call: str) -> int:
        """Return how often a call reached the driver."""
        return sum(name == call for name, _ in self.driver.calls)

    def test_boot_twice_starts_once(self) -> None:
        self.run_step("boot")
        self.assertEqual(self.driver.servers(), {SERVER_ID: Power.RUNNING})
        self.assertEqual(self.made("start"), 1)

    def test_boot_goes_on_after_restart_between_create_and_start(self) -> None:
        self.script(faults={"start": "killed here"})
        with self.assertRaises(errors.InternalError):
            self.run_step("boot")
        self.script()
        self.driver = self.make_driver()
        self.assertEqual(self.driver.power(SERVER_ID), Power.OFF)
        self.run_step("boot")
        self.assertEqual(self.driver.power(SERVER_ID), Power.RUNNING)

    def test_undo_of_boot_holds_whether_it_ran_or_not(self) -> None:
        self.run_step("boot", undo=True)
        self.run_step("boot")
        self.run_step("boot", undo=True)
        self.assertEqual(self.driver.servers(), {})

    def test_destroy_leaves_nothing(self) -> None:
        self.run_step("boot")
        self.run_step("destroy")
        self.assertEqual(self.driver.servers(), {})

    def test_power_off_and_on(self) -> None:
        self.run_step("boot")
        self.run_step("power_off")
        self.assertEqual(self.driver.power(SERVER_ID), Power.OFF)
        self.assertEqual(self.made("press_power_button"), 1)
        self.run_step("power_on")
        self.assertEqual(self.driver.power(SERVER_ID), Power.RUNNING)

    def test_power_is_cut_when_guest_ignores_button(self) -> None:
        self.run_step("boot")
        self.script(faults={"press_power_button": "ignored"})
        self.run_step("power_off", times=1)
        self.assertEqual(self.driver.power(SERVER_ID), Power.OFF)
        self.assertGreaterEqual(self.clock.time, 60)

    def test_power_steps_need_the_server(self) -> None:
        for name in ("power_on", "power_off", "reboot"):
            with self.subTest(name), self.assertRaises(errors.NotFound):
                self.run_step(name)

    def test_soft_reboot_asks_and_hard_reboot_does_not(self) -> None:
        for kind, presses in (("HARD", 0), ("SOFT", 1)):
            with self.subTest(kind):
                self.run_step("boot")
                self.state["reboot_type"] = kind
                self.driver.calls.clear()
                self.run_step("reboot", times=1)
                self.assertEqual(self.made("press_power_button"), presses)
                self.assertEqual(self.made("start"), 1)
                self.assertEqual(self.driver.power(SERVER_ID), Power.RUNNING)

    def test_sleep_and_wake(self) -> None:
        self.run_step("boot")
        for step, power in (("pause", Power.PAUSED), ("unpause", Power.RUNNING), ("suspend", Power.SAVED),
                            ("resume", Power.RUNNING)):
            self.run_step(step)
            self.assertEqual(power, self.driver.power(SERVER_ID), step)
        self.assertEqual(1, self.made("pause"))

    def test_what_sleeps_otherwise_is_refused(self) -> None:
        self.run_step("boot")
        self.run_step("pause")
        with self.assertRaises(errors.Conflict):
            self.run_step("suspend")
        self.state.pop("power", None)
        self.assertEqual({"power": "paused"}, make_steps(
            self.driver, self.clock, server_facts).table()["suspend"][1](self.state, RecordingCall()))

    def test_a_copy_is_sent_once_and_not_kept(self) -> None:
        self.state["format"] = "raw"
        self.run_step("boot")
        self.run_step("snapshot")
        self.assertIn("snapshot", self.driver.holdings().servers[0].files)
        self.run_step("upload")
        self.assertIn(SERVER_ID.encode(), self.uploads.content)
        self.assertNotIn("snapshot", self.driver.holdings().servers[0].files)

    def test_an_upload_left_half_way_is_waited_for(self) -> None:
        self.state["format"] = "raw"
        self.run_step("boot")
        self.run_step("snapshot")
        self.uploads.status = "saving"
        with self.assertRaises(errors.Retry):
            self.run_step("upload")
        self.run_step("snapshot", undo=True)
        self.assertNotIn("snapshot", self.driver.holdings().servers[0].files)

    def test_a_card_that_was_taken_is_given_back(self) -> None:
        self.run_step("boot")
        device = self.driver.holdings().servers[0].devices[0]
        self.state |= {"port_id": server_facts()["ports"][0]["id"], "device": device}
        self.run_step("unplug_card")
        self.assertEqual((), self.driver.holdings().servers[0].devices)
        self.run_step("unplug_card", undo=True)
        self.assertEqual((device,), self.driver.holdings().servers[0].devices)

    def test_a_guest_may_keep_its_card(self) -> None:
        self.run_step("boot")
        self.script(faults={"unplug_card": "ignored"})
        self.state["device"] = self.driver.holdings().servers[0].devices[0]
        self.run_step("drop_card", times=1)
        with self.assertRaises(errors.Conflict):
            self.run_step("unplug_card", times=1)

    def test_delays_are_slept(self) -> None:
        self.script(delays={"create": 2.5})
        self.run_step("boot", times=1)
        self.assertEqual(self.clock.time, 2.5)
