"""Calls of this process that wait for their answers."""

import collections
import itertools
import math
from collections.abc import Callable
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.rpc import envelope
from cumulo.common.rpc.latch import Latch
from cumulo.common.rpc.pace import Pace
from cumulo.common.threads import Threads

OnProgress = Callable[[dict[str, Any]], None]


class PendingCall:
    """One call: what has come in for it, its deadline for a sign of life and for its end, in monotonic seconds."""

    def __init__(self, call_id: int, name: str, deadline: float, latest: float, threads: Threads) -> None:
        self.call_id = call_id
        self.name = name
        self.deadline = deadline
        self.latest = latest
        self.inbox: collections.deque[envelope.Message] = collections.deque()
        self.latch = Latch(threads)

    def put(self, message: envelope.Message) -> None:
        """Hand a message to whoever waits."""
        self.inbox.append(message)
        self.latch.open()


class Calls:
    """The table of pending calls."""

    def __init__(self, clock: Clock, threads: Threads, pace: Pace) -> None:
        self._clock = clock
        self._threads = threads
        self._pace = pace
        self._numbers = itertools.count(1)
        self._pending: dict[int, PendingCall] = {}

    def open(self, name: str, timeout_s: float, longest_s: float = math.inf) -> PendingCall:
        """Begin a call; end it with close."""
        call_id, now = next(self._numbers), self._clock.monotonic()
        pending = PendingCall(call_id, name, now + min(timeout_s, longest_s), now + longest_s, self._threads)
        self._pending[call_id] = pending
        return pending

    def close(self, pending: PendingCall) -> None:
        """End a call; answers that come later are dropped."""
        self._pending.pop(pending.call_id, None)

    def deliver(self, message: envelope.Message) -> None:
        """Hand an answer, a failure or news to its call, if that still waits."""
        pending = self._pending.get(message["call_id"])
        if pending is not None:
            pending.put(message)

    def wait(self, pending: PendingCall, on_progress: OnProgress | None) -> Any:
        """Return the call's result or raise its error, in the caller's thread.

        Called once the request is on its way. The first sign of life must come before the call's
        deadline and within the silence limit; each one grants another silence limit, up to the latest end.
        """
        limit = min(pending.deadline, self._clock.monotonic() + self._pace.silence_s)
        while True:
            if not pending.inbox and not pending.latch.wait(limit - self._clock.monotonic()):
                raise errors.DeadlineExceeded(f"No answer from {pending.name} in time.", call=pending.name)
            while pending.inbox:
                message = pending.inbox.popleft()
                if message["kind"] == envelope.ANSWER:
                    return message["result"]
                if message["kind"] == envelope.FAILURE:
                    raise errors.from_wire(message["error"])
                limit = min(pending.latest, self._clock.monotonic() + self._pace.silence_s)
                if on_progress is not None and message["facts"]:
                    on_progress(message["facts"])
