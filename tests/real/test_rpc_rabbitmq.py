"""The bus over a real RabbitMQ: killed, restarted, and robbed of its queues."""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Callable
from typing import Any

import amqp
import kombu

from cumulo.common import errors
from cumulo.common.rpc import doorbell
from cumulo.common.rpc.bus import Bus
from tests.fixtures.bus import FAST, new_bus
from tests.fixtures.rabbitmq import TemporaryRabbitMQ
from tests.functional.test_bus_green import GREEN


def eventually(condition: Callable[[], Any], timeout_s: float = 20) -> bool:
    """Wait until the condition holds; say whether it did."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class RabbitTest(unittest.TestCase):
    """One broker for all tests of the class."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.broker = TemporaryRabbitMQ()
        cls.addClassCleanup(cls.broker.close)

    def setUp(self) -> None:
        self.assertTrue(self.broker.server.start())
        self.target = f"service.{self.id().rpartition('.')[2]}"
        self.caller, self.service = self.bus("caller"), self.bus("service")

    def bus(self, identity: str) -> Bus:
        made = new_bus(self.broker.url, identity)
        self.addCleanup(made.close)
        return made

    def admin(self) -> Any:
        """Return a channel of a connection of its own."""
        parsed = kombu.Connection(self.broker.url)
        connection = amqp.Connection(parsed.host, parsed.userid, parsed.password)
        connection.connect()
        self.addCleanup(connection.close)
        return connection.channel()

    def kill_broker(self) -> None:
        pid = self.broker.server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(eventually(lambda: not self.broker.server.is_running()))

    def echo(self) -> None:
        self.service.serve(self.target, {"echo": lambda call, data: data})
        self.service.round_trip(10)


class CallTest(RabbitTest):
    """Ordinary days."""

    def test_calls_of_every_size(self) -> None:
        self.echo()
        for size in (0, 1, 1024, 131064, 131065, 1_000_000):
            with self.subTest(size=size):
                self.assertEqual(b"x" * size, self.caller.call(self.target, "echo", {"data": b"x" * size}))

    def test_many_threads_at_once(self) -> None:
        self.echo()
        wrong: list[Any] = []

        def loop(number: int) -> None:
            for turn in range(50):
                data = f"{number} {turn}" * 200
                if self.caller.call(self.target, "echo", {"data": data}) != data:
                    wrong.append((number, turn))

        callers = [threading.Thread(target=loop, args=(number,)) for number in range(20)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.assertEqual([], wrong)

    def test_errors_keep_their_class(self) -> None:
        def refuse(call: Any) -> None:
            raise errors.NotFound("Gone.", kind="PortNotFound")

        self.service.serve(self.target, {"refuse": refuse})
        self.service.round_trip(10)
        with self.assertRaises(errors.NotFound):
            self.caller.call(self.target, "refuse", {})

    def test_a_long_call_lives_by_heartbeats(self) -> None:
        self.service.serve(self.target, {"work": lambda call: time.sleep(1.5) or "done"})
        self.service.round_trip(10)
        self.assertEqual("done", self.caller.call(self.target, "work", {}, timeout_s=0.4))

    def test_nobody_there_is_known_at_once(self) -> None:
        with self.assertRaises(errors.ServiceUnavailable):
            self.caller.call("service.never-started", "any", {}, timeout_s=60)

    def test_a_message_waits_for_a_service_that_restarts(self) -> None:
        self.echo()
        self.service.close()
        self.caller.cast(self.target, "note", {"text": "kept"})
        came: list[str] = []
        self.bus("service-again").serve(self.target, {"note": lambda call, text: came.append(text)})
        self.assertTrue(eventually(lambda: came == ["kept"]))

    def test_close_leaves_no_connection(self) -> None:
        self.caller.round_trip(10)
        began = time.monotonic()
        self.caller.close()
        self.assertLess(time.monotonic() - began, 1.5)
        self.assertFalse(self.caller.state()["connected"])


class GreenTest(unittest.TestCase):
    """The same on green threads, in a process of its own because patching cannot be undone."""

    def test_calls_on_green_threads(self) -> None:
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", GREEN, f"{__name__}.CallTest"],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(0, done.returncode, done.stderr)


class LossTest(RabbitTest):
    """Queues deleted, the broker killed."""

    def test_a_private_queue_deleted_behind_its_back_is_made_again(self) -> None:
        self.echo()
        self.caller.round_trip(10)
        self.admin().queue_delete(self.caller._private)
        self.assertTrue(eventually(lambda: self.hears(self.caller)))
        self.assertEqual("x", self.caller.call(self.target, "echo", {"data": "x"}))

    def test_a_served_queue_deleted_behind_its_back_is_made_again(self) -> None:
        self.echo()
        self.admin().queue_delete(f"cumulo.{self.target}")
        self.assertTrue(eventually(lambda: self.answers()))

    def test_a_broker_killed_between_calls_is_found_again(self) -> None:
        self.echo()
        self.caller.round_trip(10)
        self.kill_broker()
        self.assertTrue(eventually(lambda: not self.service.state()["hearing"], 15))
        with self.assertRaises(errors.ServiceUnavailable):
            self.caller.cast(self.target, "echo", {"data": 1})
        doorbell.ring(self.caller, self.target, "nothing")
        with self.assertRaises(errors.ServiceUnavailable):
            self.caller.call(self.target, "echo", {"data": 1}, timeout_s=0.3)
        self.broker.server.start()
        self.assertTrue(eventually(lambda: self.service.state()["hearing"] and self.caller.state()["hearing"]))
        self.assertEqual("x", self.caller.call(self.target, "echo", {"data": "x"}))

    def test_a_call_made_while_the_broker_is_away_waits_for_it(self) -> None:
        self.echo()
        self.kill_broker()
        answers: list[Any] = []
        caller = threading.Thread(
            target=lambda: answers.append(self.caller.call(self.target, "echo", {"data": "x"}, timeout_s=60)))
        caller.start()
        self.broker.server.start()
        caller.join(30)
        self.assertEqual(["x"], answers)

    def test_a_broker_killed_in_the_middle_of_a_call_costs_at_most_the_silence_limit(self) -> None:
        entered, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)
        self.service.serve(self.target, {"work": lambda call: entered.set() or go_on.wait(60)})
        self.service.round_trip(10)
        failures: list[Exception] = []
        caller = threading.Thread(target=self.note_failure, args=(failures,))
        caller.start()
        self.assertTrue(entered.wait(10))
        self.kill_broker()
        caller.join(FAST.silence_s + 5)
        self.assertEqual([errors.DeadlineExceeded], [type(failure) for failure in failures])
        self.broker.server.start()
        go_on.set()
        self.assertTrue(eventually(lambda: self.caller.call(self.target, "work", {}, timeout_s=10)))

    def note_failure(self, failures: list[Exception]) -> None:
        try:
            self.caller.call(self.target, "work", {}, timeout_s=30)
        except errors.CumuloError as error:
            failures.append(error)

    def hears(self, bus: Bus) -> bool:
        try:
            return bus.round_trip(0.5) < 0.5
        except (errors.DeadlineExceeded, errors.ServiceUnavailable):
            return False

    def answers(self) -> bool:
        try:
            return bool(self.caller.call(self.target, "echo", {"data": "x"}, timeout_s=1) == "x")
        except (errors.DeadlineExceeded, errors.ServiceUnavailable):
            return False
