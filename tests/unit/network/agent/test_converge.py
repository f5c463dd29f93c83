"""Converging against a scripted scheduler and the fake driver."""

import threading
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


class SlowScheduler(Scheduler):
    """Answers once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_once, self.may_answer = threading.Event(), threading.Event()

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        self.asked_once.set()
        self.may_answer.wait(10)
        return super().call(target, method, arguments, timeout_s=timeout_s)


class CountingThreads(Threads):
    """Whose locks count who has come to them."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)

    def lock(self) -> Any:
        return CountedLock(super().lock(), self.came)


class CountedLock:
    """A lock that says when somebody comes."""

    def __init__(self, lock: Any, came: threading.Semaphore) -> None:
        self._lock, self._came = lock, came

    def __enter__(self) -> None:
        self._came.release()
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()


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

    def test_one_run_is_for_all_who_wait(self) -> None:
        scheduler, threads = SlowScheduler(), CountingThreads()
        converger = Converger(scheduler, "h", self.driver, threads, 5.0)
        scheduler.says(3, network("n", "p", "q", "r"), full=True)
        askers = [threading.Thread(target=converger.plug, args=([each],)) for each in "pqr"]
        askers[0].start()
        self.assertTrue(scheduler.asked_once.wait(10))
        for asker in askers[1:]:
            asker.start()
        for _ in askers:
            self.assertTrue(threads.came.acquire(timeout=10))
        scheduler.may_answer.set()
        for asker in askers:
            asker.join(10)
        # The first one's run had begun when the others came; one more is for both of them.
        self.assertEqual([0, 3], scheduler.asked)

    def test_what_was_broken_off_is_for_nobody(self) -> None:
        self.scheduler.says(3, network("n", "p"), full=True)
        with mock.patch.object(self.scheduler, "call", side_effect=errors.ServiceUnavailable("away")), \
                self.assertRaises(errors.ServiceUnavailable):
            self.converger.run_once()
        self.assertEqual(3, self.converger.plug(["p"]))

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
