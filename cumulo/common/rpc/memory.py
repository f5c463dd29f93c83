"""Carries messages inside one process: publishing hands the bytes to the consumer, nothing polls.

Every bus of the process whose URL is the same (memory://, or memory://name for a separate one)
meets at the same router. Messages are the same bytes a broker would carry, so nothing mutable is
shared. Consumers only note the message or wake a thread, so the publisher's thread may call them.
"""

from cumulo.common import errors
from cumulo.common.rpc.transport import OnBody
from cumulo.common.threads import Threads


class Router:
    """Queues by name; several consumers of one queue take turns."""

    def __init__(self, threads: Threads) -> None:
        self._lock = threads.lock()
        self._consumers: dict[str, list[OnBody]] = {}

    def add(self, queue: str, on_body: OnBody) -> None:
        """Let a consumer take its turn in a queue."""
        with self._lock:
            self._consumers.setdefault(queue, []).append(on_body)

    def remove(self, queue: str, on_body: OnBody) -> None:
        """Take a consumer out; the queue ends with its last one."""
        with self._lock:
            consumers = self._consumers.get(queue, [])
            if on_body in consumers:
                consumers.remove(on_body)
            if not consumers:
                self._consumers.pop(queue, None)

    def next(self, queue: str) -> OnBody | None:
        """Return the consumer whose turn it is, or None where nobody listens."""
        with self._lock:
            consumers = self._consumers.get(queue)
            if not consumers:
                return None
            consumer = consumers.pop(0)
            consumers.append(consumer)
            return consumer


_ROUTERS: dict[str, Router] = {}


class MemoryTransport:
    """One bus's end of a router."""

    def __init__(self, url: str, threads: Threads) -> None:
        self._router = _ROUTERS.setdefault(url, Router(threads))
        self._own: dict[str, OnBody] = {}
        self._on_unroutable: OnBody | None = None
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return not self._closed

    def start(self, on_unroutable: OnBody) -> None:
        """Remember who is told of messages that nobody listens for."""
        self._on_unroutable = on_unroutable

    def wait_connected(self, timeout_s: float) -> bool:
        """Say whether messages can be sent; there is nothing to wait for."""
        return self.connected

    def wait_attempted(self, timeout_s: float) -> bool:
        """Say whether messages can be sent; there is nothing to wait for."""
        return self.connected

    def publish(self, queue: str, body: bytes, *, expires_s: float | None) -> None:
        """Hand the body to the consumer whose turn it is; it is taken at once and cannot expire."""
        if self._closed:
            raise errors.ServiceUnavailable("The message bus is closed.")
        consumer = self._router.next(queue) or self._on_unroutable
        if consumer is not None:
            consumer(body)

    def listen(self, queue: str, on_body: OnBody, *, private: bool) -> None:
        """Take turns in a queue."""
        self._own[queue] = on_body
        self._router.add(queue, on_body)

    def forget(self, queue: str) -> None:
        """Take no more turns in a queue."""
        on_body = self._own.pop(queue, None)
        if on_body is not None:
            self._router.remove(queue, on_body)

    def keep_alive(self) -> None:
        """Do nothing: there is no connection."""

    def reconnect(self, reason: str) -> None:
        """Listen again to every queue of this bus, whatever became of it."""
        for queue, on_body in list(self._own.items()):
            self._router.remove(queue, on_body)
            self._router.add(queue, on_body)

    def close(self) -> None:
        """Leave every queue."""
        self._closed = True
        for queue in list(self._own):
            self.forget(queue)
