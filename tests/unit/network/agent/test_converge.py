"""Converging against a scripted scheduler and the fake driver."""

import unittest
from typing import Any
from unittest import mock

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.fake import FakeDriver
from cumulo.network.agent.steps import steps


def network(name: str, *port_ids: str) -> dict[str, Any]:
    """A network by its id with ports."""
    return {"id": name, "ports": [{"id": each, "is_here": True} for each in port_ids]}


class Scheduler:
    """Answers with what the test puts into `answer`."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}
        self.asked: list[int] = []
        self.applied: list[int] = []

    def says(self, revision: int, *networks: dict[str, Any], full: bool = False, removed: tuple[str, ...] = ()) -> None:
        self.answer = {"revision": revision, "full": full, "networks": list(networks),
                       "removed": {"networks": list(removed)}}

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        if method == "network_applied":
            self.applied.append(arguments["revision"])
            return None
        self.asked.append(arguments["since_revision"])
        return self.answer


class BrokenDriver(FakeDriver):
    """Cannot make the network "bad"."""

    def apply(self, network: Any, wanted: Any) -> None:
        if network["id"] == "bad":
            raise errors.CommandFailed("no such device")
        super().apply(network, wanted)


class ConvergeTest(unittest.TestCase):
    """Converger"""

    def setUp(self) -> None:
        self.scheduler, self.driver = Scheduler(), FakeDriver()
        self.converger = Converger(self.scheduler, "h", self.driver, Threads(), 5.0)

    def test_full_then_difference(self) -> None:
        self.driver.networks["stray"] = network("stray")
        self.scheduler.says(3, network("n", "p"), full=True)
        self.assertEqual(3, self.converger.run_once())
        self.assertEqual({"n"}, set(self.driver.networks))
        self.scheduler.says(3)
        self.converger.run_once()
        self.scheduler.says(5, removed=("n",))
        self.converger.run_once()
        self.assertEqual({}, self.driver.networks)
        self.assertEqual(([0, 3, 3], [3, 5]), (self.scheduler.asked, self.scheduler.applied))
        self.assertEqual(["n"], self.driver.applied)

    def test_what_went_missing_is_made_again(self) -> None:
        self.scheduler.says(3, network("n"), full=True)
        self.converger.run_once()
        self.driver.broken.add("n")
        self.scheduler.says(3)
        self.converger.run_once()
        self.assertEqual(["n", "n"], self.driver.applied)

    def test_a_network_that_fails_does_not_stop_the_others(self) -> None:
        driver = BrokenDriver()
        converger = Converger(self.scheduler, "h", driver, Threads(), 5.0)
        self.scheduler.says(3, network("bad"), network("good"), full=True)
        with self.assertLogs(level="ERROR"), self.assertRaises(errors.InternalError):
            converger.run_once()
        self.assertEqual(({"good"}, [], 0), (set(driver.networks), self.scheduler.applied, converger.revision))

    def test_plug_waits_for_the_binding(self) -> None:
        plug, _ = steps(self.converger)["plug_ports"]
        self.scheduler.says(3, network("n", "p"), full=True)
        self.assertEqual({"network_revision": 3}, plug({"ports": ["p"]}, None))
        with self.assertRaises(errors.Retry):
            plug({"ports": ["p", "q"]}, None)

    def test_unplug_takes_away_what_is_no_longer_desired(self) -> None:
        do_unplug = steps(self.converger)["unplug_ports"][0]
        self.scheduler.says(3, network("n", "p"), network("m", "q"), full=True)
        self.converger.run_once()
        self.scheduler.says(4, network("m", "q"), removed=("n",))
        self.assertEqual({"network_revision": 4}, do_unplug({"ports": ["p"]}, None))
        self.assertEqual({"m"}, set(self.driver.networks))

    def test_a_failed_network_does_not_hold_up_the_ports_of_others(self) -> None:
        driver = BrokenDriver()
        converger = Converger(self.scheduler, "h", driver, Threads(), 5.0)
        self.scheduler.says(3, network("bad", "p"), network("good", "q"), full=True)
        self.assertEqual(0, converger.plug(["q"]))
        self.assertEqual({"good"}, set(driver.networks))
        with self.assertRaises(errors.InternalError):
            converger.plug(["p"])

    def test_a_sweep_that_failed_is_made_by_the_next_run(self) -> None:
        self.scheduler.says(3, network("n", "p"), full=True)
        self.converger.run_once()
        self.scheduler.says(4, removed=("n",))
        with mock.patch.object(self.driver, "sweep", side_effect=errors.CommandFailed("ip")), \
                self.assertLogs(level="ERROR"), self.assertRaises(errors.InternalError):
            self.converger.run_once()
        self.converger.run_once()
        self.assertEqual({}, self.driver.networks)


if __name__ == "__main__":
    unittest.main()
