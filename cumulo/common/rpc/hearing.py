"""Proof that this process hears: messages to itself through its own queue on the broker.

A connection that looks healthy proves nothing: the queue behind it may be gone.
"""

from typing import Any

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.rpc import envelope
from cumulo.common.rpc.latch import Latch
from cumulo.common.rpc.pace import Pace
from cumulo.common.rpc.transport import Transport
from cumulo.common.threads import Threads

LOG = log.get(__name__)


class Hearing:
    """Pings sent and heard. Times are monotonic seconds of this process."""

    def __init__(self, transport: Transport, queue: str, clock: Clock, threads: Threads, pace: Pace) -> None:
        self._transport = transport
        self._queue = queue
        self._clock = clock
        self._threads = threads
        self._pace = pace
        self._began = clock.monotonic()
        self._last_heard: float | None = None
        self._last_ping = self._began - pace.ping_s
        self._deaf_since = self._began
        self._waiting: dict[float, Latch] = {}

    def heard(self, sent_at: float) -> None:
        """Note a ping that came back."""
        self._last_heard = self._clock.monotonic()
        latch = self._waiting.get(sent_at)
        if latch is not None:
            latch.open()

    def round_trip(self, timeout_s: float) -> float:
        """Send a ping and wait for it; return the seconds it took, or raise DeadlineExceeded."""
        began = self._clock.monotonic()
        latch = Latch(self._threads)
        self._waiting[began] = latch
        try:
            if self._transport.wait_connected(timeout_s):
                self._transport.publish(self._queue, envelope.ping(began), expires_s=timeout_s)
                if latch.wait(began + timeout_s - self._clock.monotonic()):
                    return self._clock.monotonic() - began
        finally:
            self._waiting.pop(began, None)
        raise errors.DeadlineExceeded("This service does not hear the message bus.")

    def state(self) -> dict[str, Any]:
        """Return hearing, last_heard_s_ago (since the start if never) and connected."""
        ago = self._clock.monotonic() - (self._began if self._last_heard is None else self._last_heard)
        connected = self._transport.connected
        hearing = connected and self._last_heard is not None and ago < self._pace.deaf_after_s
        return {"hearing": hearing, "last_heard_s_ago": round(ago, 3), "connected": connected}

    def run_once(self) -> None:
        """Ping when it is time; reconnect when connected and deaf for too long."""
        now = self._clock.monotonic()
        if not self._transport.connected:
            # Deafness counts from the new connection on, and that one is tried at once.
            self._deaf_since, self._last_ping = now, now - self._pace.ping_s
        elif now - self._last_ping >= self._pace.ping_s:
            self._last_ping = now
            self._transport.keep_alive()
            self._ping(now)

    def _ping(self, now: float) -> None:
        if now - max(self._deaf_since, self._last_heard or 0) > self._pace.deaf_after_s:
            self._deaf_since = now
            self._transport.reconnect("no ping came back")
            return
        try:
            self._transport.publish(self._queue, envelope.ping(now), expires_s=self._pace.deaf_after_s)
        except errors.ServiceUnavailable as error:
            LOG.info("ping_not_sent", reason=error.message)
