"""A thread for every job."""

import threading
import unittest

from cumulo.common.rpc.latch import Latch
from cumulo.common.rpc.workers import Workers
from cumulo.common.threads import Threads


class WorkersTest(unittest.TestCase):
    """Jobs never wait for one another; threads are used again."""

    def setUp(self) -> None:
        self.workers = Workers(Threads(), "test")

    def run_and_wait(self) -> str:
        done, names = threading.Event(), []
        self.workers.run(lambda: (names.append(threading.get_ident()), done.set()))
        self.assertTrue(done.wait(5))
        return names[0]

    def test_an_idle_thread_is_used_again(self) -> None:
        used = {self.run_and_wait() for _ in range(20) if not threading.Event().wait(0.01)}
        self.assertEqual(1, len(used))

    def test_a_blocked_job_keeps_nobody_waiting(self) -> None:
        gate = threading.Event()
        self.addCleanup(gate.set)
        for _ in range(40):
            self.workers.run(gate.wait)
        self.run_and_wait()

    def test_a_failing_job_is_logged_and_its_thread_goes_on(self) -> None:
        with self.assertLogs("cumulo.common.rpc.workers", "ERROR"):
            self.workers.run(lambda: {}["no such key"])
            threading.Event().wait(0.05)
        self.run_and_wait()


class LatchTest(unittest.TestCase):
    """One waiter, many openers."""

    def test_openings_before_a_wait_count_as_one(self) -> None:
        latch = Latch(Threads())
        latch.open()
        latch.open()
        self.assertTrue(latch.wait(0))
        self.assertFalse(latch.wait(0))
