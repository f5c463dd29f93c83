"""StepServer: one run at a time, joined by whoever asks for the same, closed to what its operation left behind."""

import threading
import unittest
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.operations.agent import STALE, StepServer
from cumulo.common.threads import Threads


class Caller:
    """A call to run_step in a thread of its own."""

    def __init__(self, server: StepServer, **arguments: Any) -> None:
        self.answer: Any = None
        self.error: BaseException | None = None
        self.thread = Threads().spawn(self._run, server, arguments)

    def _run(self, server: StepServer, arguments: dict[str, Any]) -> None:
        try:
            self.answer = server.run_step(None, **arguments)
        except errors.CumuloError as error:
            self.error = error

    def ended(self) -> "Caller":
        """Wait for the end."""
        self.thread.join(5)
        assert not self.thread.is_alive()
        return self


class StepServerTest(unittest.TestCase):
    """A server with one step that waits until it may go on."""

    def setUp(self) -> None:
        self.runs: list[str] = []
        self.entered, self.go_on = Threads().event(), Threads().event()
        self.current = 0  # the epoch that the database holds; 0: any
        self.server = StepServer({"boot": (self.do, self.undo)}, Clock(), Threads(), self.confirm)

    def confirm(self, operation: str, epoch: int) -> None:
        if self.current and epoch != self.current:
            raise errors.Conflict("left behind", kind=STALE)

    def do(self, state: dict[str, Any], call: Any) -> dict[str, Any]:
        self.runs.append("do")
        self.entered.set()
        assert self.go_on.wait(5)
        if "error" in state:
            raise errors.CommandFailed(state["error"])
        return {"made": state["server_id"]}

    def undo(self, state: dict[str, Any], call: Any) -> None:
        self.runs.append("undo")

    def call(self, epoch: int, *, undo: bool = False, **state: Any) -> Caller:
        return Caller(self.server, operation="o", epoch=epoch, step="boot", undo=undo, resource="s",
                      state={"server_id": "s"} | state)

    def test_answer_and_undo(self) -> None:
        self.go_on.set()
        self.assertEqual(self.call(1).ended().answer, {"made": "s"})
        self.assertEqual(self.call(2, undo=True).ended().answer, {})
        self.assertEqual(self.runs, ["do", "undo"])

    def test_what_was_left_behind_is_refused(self) -> None:
        self.go_on.set()
        self.current = 5
        refused = self.call(4).ended().error
        self.assertIsInstance(refused, errors.Conflict)
        self.assertEqual(refused.kind, STALE)  # type: ignore[union-attr]
        self.assertEqual(self.runs, [])
        for _ in range(2):
            self.assertEqual(self.call(5).ended().answer, {"made": "s"}, "the same epoch may ask again")

    def test_a_refused_sender_costs_the_right_one_a_retry(self) -> None:
        asked, answer = Threads().event(), Threads().event()

        def refuse(operation: str, epoch: int) -> None:
            asked.set()
            assert answer.wait(5)
            raise errors.Conflict("left behind", kind=STALE)

        self.server = StepServer({"boot": (self.do, self.undo)}, Clock(), Threads(), refuse)
        wrong = self.call(4)
        self.assertTrue(asked.wait(5))
        threading.Timer(0.2, answer.set).start()  # by then the next line waits
        with self.assertRaises(errors.Retry):
            self.server.run_step(None, operation="o", epoch=5, step="boot", state={}, undo=False, resource="s")
        self.assertIsInstance(wrong.ended().error, errors.Conflict)
        self.assertEqual(self.runs, [])

    def test_another_operation_of_the_resource_waits(self) -> None:
        first = self.call(1)
        self.assertTrue(self.entered.wait(5))
        other = Caller(self.server, operation="p", epoch=1, step="boot", undo=True, state={}, resource="s").ended()
        self.assertIsInstance(other.error, errors.Retry)
        self.go_on.set()
        first.ended()
        self.assertEqual(self.runs, ["do"])

    def test_run_in_flight_is_joined(self) -> None:
        first = self.call(1)
        self.assertTrue(self.entered.wait(5))
        second = self.call(2)
        self.go_on.set()
        self.assertEqual((first.ended().answer, second.ended().answer), ({"made": "s"}, {"made": "s"}))
        self.assertEqual(self.runs, ["do"])

    def test_undo_does_not_overtake(self) -> None:
        first = self.call(1)
        self.assertTrue(self.entered.wait(5))
        self.assertIsInstance(self.call(2, undo=True).ended().error, errors.Retry)
        self.go_on.set()
        first.ended()
        self.assertEqual(self.call(3, undo=True).ended().answer, {})
        self.assertEqual(self.runs, ["do", "undo"])

    def test_error_reaches_all_and_leaves_nothing_behind(self) -> None:
        first = self.call(1, error="qemu")
        self.assertTrue(self.entered.wait(5))
        second = self.call(2, error="qemu")
        self.go_on.set()
        self.assertIsInstance(first.ended().error, errors.CommandFailed)
        self.assertIsInstance(second.ended().error, errors.CommandFailed)
        self.assertEqual(self.call(3).ended().answer, {"made": "s"})

    def test_unknown_step(self) -> None:
        with self.assertRaises(errors.InternalError):
            self.server.run_step(None, operation="o", epoch=1, step="fly", state={}, undo=False)


if __name__ == "__main__":
    unittest.main()
