"""What the bus asks of whatever carries its messages."""

from collections.abc import Callable
from typing import Protocol

OnBody = Callable[[bytes], None]


class Transport(Protocol):
    """Named queues of byte strings; every method may be called from any thread.

    OnBody callbacks run on the transport's own thread and must not block.
    """

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""

    def start(self, on_unroutable: OnBody) -> None:
        """Begin to connect; on_unroutable gets back each body whose queue does not exist. Idempotent."""

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until messages can be sent; say whether they can."""

    def wait_attempted(self, timeout_s: float) -> bool:
        """Wait until connecting was tried at least once; say whether messages can be sent."""

    def publish(self, queue: str, body: bytes, *, expires_s: float | None) -> None:
        """Send one message, dropped when not taken within expires_s; ServiceUnavailable when that is impossible."""

    def listen(self, queue: str, on_body: OnBody, *, private: bool) -> None:
        """Make the queue and hand over what arrives in it, now and after every reconnect."""

    def forget(self, queue: str) -> None:
        """Stop listening to a queue; messages stay in it for whoever serves it next."""

    def keep_alive(self) -> None:
        """Send and check the connection's own heartbeats; called every few seconds."""

    def reconnect(self, reason: str) -> None:
        """Drop the connection, if there is one, and make it anew."""

    def close(self) -> None:
        """Stop for good."""
