"""The bus in memory: everything of it but the broker."""

import threading
import unittest
from typing import Any

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.rpc import doorbell
from cumulo.common.rpc.pace import HEARTBEAT_TIMEOUT_S, Pace
from cumulo.common.rpc.server import Call
from tests.fixtures.bus import memory_url, new_bus


class BusTest(unittest.TestCase):
    """A caller and a service on two buses."""

    def setUp(self) -> None:
        self._url = memory_url()
        self.caller, self.service = new_bus(self._url, "caller"), new_bus(self._url, "service")
        self.addCleanup(self.caller.close)
        self.addCleanup(self.service.close)

    def serve(self, **methods: Any) -> None:
        self.server = self.service.serve("service", methods)

    def test_a_call_returns_what_the_handler_returns(self) -> None:
        self.serve(add=lambda call, first, second: {"sum": first + second})
        self.assertEqual({"sum": 3}, self.caller.call("service", "add", {"first": 1, "second": 2}))

    def test_arguments_are_copies(self) -> None:
        self.serve(change=lambda call, items: items.append(1))
        items: list[int] = []
        self.caller.call("service", "change", {"items": items})
        self.assertEqual([], items)

    def test_context_and_request_id_come_along(self) -> None:
        self.serve(who=lambda call: [call.request_id, call.context.project_id, list(call.context.roles)])
        context = Context(request_id="req-7", project_id="p", roles=("member",))
        self.assertEqual(["req-7", "p", ["member"]], self.caller.call("service", "who", {}, context=context))

    def test_a_call_without_context_gets_a_request_id(self) -> None:
        self.serve(who=lambda call: [call.request_id, call.context])
        request_id, context = self.caller.call("service", "who", {})
        self.assertTrue(request_id.startswith("req-"))
        self.assertIsNone(context)

    def test_an_error_arrives_as_its_own_class(self) -> None:
        def refuse(call: Call) -> None:
            raise errors.Conflict("Busy.", kind="PortInUse", port="1")

        self.serve(refuse=refuse)
        with self.assertRaises(errors.Conflict) as caught:
            self.caller.call("service", "refuse", {})
        self.assertEqual(("Busy.", "PortInUse", {"port": "1"}),
                         (caught.exception.message, caught.exception.kind, caught.exception.facts))

    def test_an_unknown_error_arrives_as_a_remote_error(self) -> None:
        self.serve(crash=lambda call: {}["no such key"])
        with self.assertLogs("cumulo.common.rpc.server", "ERROR"), self.assertRaises(errors.RemoteError):
            self.caller.call("service", "crash", {})

    def test_wrong_arguments_and_unknown_methods_are_errors(self) -> None:
        self.serve(nothing=lambda call: None)
        with self.assertLogs("cumulo.common.rpc.server", "ERROR"), self.assertRaises(errors.RemoteError):
            self.caller.call("service", "nothing", {"surplus": 1})
        with self.assertRaises(errors.NotFound):
            self.caller.call("service", "missing", {})

    def test_a_result_that_cannot_travel_is_an_error(self) -> None:
        self.serve(strange=lambda call: object())
        with self.assertLogs("cumulo.common.rpc.server", "ERROR"), self.assertRaises(errors.RemoteError):
            self.caller.call("service", "strange", {})

    def test_an_argument_that_cannot_travel_is_an_error_of_the_caller(self) -> None:
        with self.assertRaises(TypeError):
            self.caller.call("service", "any", {"strange": object()})

    def test_a_call_nobody_serves_fails_at_once(self) -> None:
        with self.assertRaises(errors.ServiceUnavailable):
            self.caller.call("service", "any", {}, timeout_s=60)

    def test_a_silent_handler_runs_into_the_deadline(self) -> None:
        done = threading.Event()
        self.addCleanup(done.set)
        slow_beat = new_bus("memory://" + self.id(), pace=Pace(tick_s=60))
        self.addCleanup(slow_beat.close)
        slow_beat.serve("service", {"hang": lambda call: done.wait(10)})
        with self.assertRaises(errors.DeadlineExceeded) as caught:
            slow_beat.call("service", "hang", {}, timeout_s=0.05)
        self.assertIn("service.hang", caught.exception.message)

    def test_heartbeats_extend_the_deadline(self) -> None:
        self.serve(work=lambda call: [threading.Event().wait(0.4), call.deadline_remaining_s])
        _, remaining = self.caller.call("service", "work", {}, timeout_s=0.15)
        self.assertLess(remaining, 0)

    def test_progress_reaches_the_caller_in_its_own_thread(self) -> None:
        def copy(call: Call) -> str:
            for percent in (10, 90):
                call.progress({"percent": percent})
            return "copied"

        self.serve(copy=copy)
        seen: list[Any] = []
        result = self.caller.call("service", "copy", {}, on_progress=lambda facts: seen.append(
            (facts["percent"], threading.current_thread().name)))
        self.assertEqual("copied", result)
        self.assertEqual([(10, threading.current_thread().name), (90, threading.current_thread().name)], seen)

    def test_calls_are_served_side_by_side(self) -> None:
        together = threading.Barrier(5, timeout=5)
        self.serve(meet=lambda call: together.wait() >= 0)
        answers: list[Any] = []
        callers = [threading.Thread(target=lambda: answers.append(self.caller.call("service", "meet", {})))
                   for _ in range(5)]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()
        self.assertEqual([True] * 5, answers)

    def test_a_cast_runs_the_method_without_an_answer(self) -> None:
        called = threading.Event()
        self.serve(note=lambda call, text: called.set() if call.deadline_remaining_s is None else None)
        self.assertIsNone(self.caller.cast("service", "note", {"text": "x"}))
        self.assertTrue(called.wait(5))

    def test_copies_of_a_service_take_turns(self) -> None:
        self.serve(who=lambda call: "first")
        second = new_bus(self._url, "second")
        self.addCleanup(second.close)
        second.serve("service", {"who": lambda call: "second"})
        self.assertEqual({"first", "second"}, {self.caller.call("service", "who", {}) for _ in range(2)})

    def test_a_stopped_server_gets_nothing_more(self) -> None:
        self.serve(who=lambda call: "here")
        self.assertEqual("here", self.caller.call("service", "who", {}))
        self.server.stop()
        with self.assertRaises(errors.ServiceUnavailable):
            self.caller.call("service", "who", {})
        self.serve(who=lambda call: "again")
        self.assertEqual("again", self.caller.call("service", "who", {}))

    def test_a_round_trip_proves_hearing(self) -> None:
        self.assertLess(self.caller.round_trip(5), 5)
        state = self.caller.state()
        self.assertEqual((True, True), (state["hearing"], state["connected"]))

    def test_a_closed_bus_neither_hears_nor_speaks(self) -> None:
        self.caller.round_trip(5)
        self.caller.close()
        self.assertEqual((False, False), (self.caller.state()["hearing"], self.caller.state()["connected"]))
        with self.assertRaises(errors.ServiceUnavailable):
            self.caller.call("service", "any", {})

    def test_a_bell_rings_and_a_closed_bus_is_only_logged(self) -> None:
        rung: list[Any] = []
        came = threading.Event()
        self.serve(ring=lambda call, what, **facts: (rung.append((what, facts)), came.set()))
        doorbell.ring(self.caller, "service", "operation", id="1")
        self.assertTrue(came.wait(5))
        self.assertEqual([("operation", {"id": "1"})], rung)
        self.caller.close()
        with self.assertLogs("cumulo.common.rpc.doorbell", "WARNING"):
            doorbell.ring(self.caller, "service", "operation")

    def test_a_target_is_served_once_per_bus_and_urls_are_checked(self) -> None:
        self.serve()
        with self.assertRaises(ValueError):
            self.serve()
        with self.assertRaises(ValueError):
            new_bus("carrier-pigeon://")

    def test_the_silence_limit_is_the_promised_one(self) -> None:
        self.assertEqual((10.0, 10.0), (HEARTBEAT_TIMEOUT_S, Pace().silence_s))
