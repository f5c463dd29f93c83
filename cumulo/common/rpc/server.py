"""Serving: each request runs in a thread of its own; while it runs, its caller hears that it lives."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from cumulo.common import boundary, errors, log
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.rpc import envelope

LOG = log.get(__name__)

Handler = Callable[..., Any]


class Replier(Protocol):
    """How a call talks back to its caller."""

    def __call__(self, queue: str, body: bytes) -> None:
        """Send a body to a caller's queue."""


class Call:
    """One request being served; handlers get it as their first argument."""

    def __init__(self, message: envelope.Message, clock: Clock, reply: Replier) -> None:
        self.method: str = message["method"]
        self.request_id: str = message["request_id"]
        self.reply_to: str | None = message.get("reply_to")
        self._call_id: int = message.get("call_id", 0)
        self._context = message.get("context")
        self._clock = clock
        self._reply = reply
        self.timeout_s: float | None = message.get("timeout_s")
        self.received_at = clock.monotonic()

    @property
    def context(self) -> Context | None:
        """Who asks, where the caller said so."""
        return None if self._context is None else Context.from_dict(self._context)

    @property
    def deadline_remaining_s(self) -> float | None:
        """Seconds until the caller stops waiting if it hears nothing; None for a cast."""
        if self.timeout_s is None:
            return None
        return self.timeout_s - (self._clock.monotonic() - self.received_at)

    def progress(self, facts: dict[str, Any]) -> None:
        """Tell the caller how far the work is; this also extends its deadline. Lost when the broker is away."""
        if self.reply_to is not None:
            self._reply(self.reply_to, envelope.progress(self._call_id, facts))

    def answer(self, result: Any) -> None:
        """Send the result."""
        if self.reply_to is not None:
            self._reply(self.reply_to, envelope.answer(self._call_id, result))

    def fail(self, error: BaseException) -> None:
        """Send the error."""
        if self.reply_to is not None:
            self._reply(self.reply_to, envelope.failure(self._call_id, errors.to_wire(error)))


@dataclasses.dataclass(eq=False)
class Beating:
    """A running call and the moment its caller must next hear of it."""

    call: Call
    due: float


class Server:
    """The methods of one target. stop() ends listening; calls already running finish."""

    def __init__(
        self, target: str, methods: Mapping[str, Handler], clock: Clock, beat_s: float, on_stop: Callable[[], None],
    ) -> None:
        self.target = target
        self._methods = dict(methods)
        self._clock = clock
        self._beat_s = beat_s
        self._on_stop = on_stop
        self._running: dict[Beating, None] = {}

    def stop(self) -> None:
        """Listen no more. Idempotent."""
        self._on_stop()

    def handle(self, call: Call, arguments: dict[str, Any]) -> None:
        """Run the method and answer; an error travels to the caller, and an unknown one is logged here too."""
        beating = Beating(call, call.received_at + min(self._beat_s, (call.timeout_s or self._beat_s) / 3))
        self._running[beating] = None
        try:
            boundary.message("request received", self.target, call.method, arguments)
            result = self._method(call.method)(call, **arguments)
        except errors.CumuloError as error:
            self._settle(beating)
            LOG.debug("call_failed", method=call.method, request_id=call.request_id, error=error.message)
            call.fail(error)
        except Exception as error:
            self._settle(beating)
            LOG.exception("call_crashed", method=call.method, request_id=call.request_id)
            call.fail(error)
        else:
            self._settle(beating)
            if call.reply_to is not None:
                boundary.message("answer before sending", self.target, call.method, arguments)
                _send_result(call, result)
                boundary.message("answer sent", self.target, call.method, arguments)

    def beat(self) -> None:
        """Tell each caller whose turn it is that its call still runs."""
        now = self._clock.monotonic()
        for beating in [each for each in list(self._running) if each.due <= now]:
            beating.due = now + self._beat_s
            beating.call.progress({})

    def _settle(self, beating: Beating) -> None:
        # Before the answer goes out: a heartbeat after it would be noise.
        self._running.pop(beating, None)

    def _method(self, name: str) -> Handler:
        method = self._methods.get(name)
        if method is None:
            raise errors.NotFound(f"{self.target} has no method {name}.")
        return method


def _send_result(call: Call, result: Any) -> None:
    try:
        call.answer(result)
    except (TypeError, ValueError, OverflowError) as error:
        LOG.exception("result_cannot_travel", method=call.method, request_id=call.request_id)
        call.fail(error)
