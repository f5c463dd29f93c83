"""Hands the consoles of this host's guests to the API's console proxy.

    open      over the bus: opens the guest's console and answers {"address", "port", "ticket"}
    connect   TCP to that port; the ticket and a line feed first, then what guest and user say to one another

A guest's own display listens on no network, only inside the host. A ticket is good once and for a moment.
"""

import contextlib
import dataclasses
import socket
from typing import Any

from cumulo.common import log
from cumulo.common.runtime import Runtime
from cumulo.common.threads import Threads
from cumulo.compute.agent.driver import Channel, Driver

LOG = log.get(__name__)
TICKET_S = 10.0
CHUNK = 65536
TICKET_BYTES = 32


@dataclasses.dataclass(frozen=True)
class _Waiting:
    """A console that was opened and that nobody has come for yet."""

    channel: Channel
    until: float


class ConsoleRelay:
    """The listener of one host; it begins to listen when the first console is asked for."""

    def __init__(self, driver: Driver, runtime: Runtime, *, listen: str, port: int) -> None:
        self._driver, self._clock, self._threads, self._ids = driver, runtime.clock, runtime.threads, runtime.ids
        self._listen, self._port = listen, port
        self._lock = runtime.threads.lock()
        self._waiting: dict[str, _Waiting] = {}
        self._listener: socket.socket | None = None

    def open(self, server_id: str, kind: str) -> dict[str, Any]:
        """Open a guest's console and say how to get to it; raises NotFound, Conflict and BadRequest as the driver does."""
        channel = self._driver.open_console(server_id, kind)
        ticket = self._ids.random_bytes(TICKET_BYTES).hex()
        with self._lock:
            self._forget_old()
            self._waiting[ticket] = _Waiting(channel, self._clock.monotonic() + TICKET_S)
            if self._listener is None:
                self._listener = socket.create_server((self._listen, self._port))
                self._threads.spawn(self._accept, self._listener, name="console-relay")
            port = self._listener.getsockname()[1]
        return {"address": self._listen, "port": port, "ticket": ticket}

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        for ticket in [each for each, waiting in self._waiting.items() if waiting.until < now]:
            self._waiting.pop(ticket).channel.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            self._threads.spawn(self._serve, connection, name="console")

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(TICKET_S)
            waiting = self._taken(_read_ticket(connection))
            if waiting is None:
                LOG.warning("console_refused")
                return
            connection.settimeout(None)
            relay(self._threads, connection, waiting.channel)

    def _taken(self, ticket: str) -> _Waiting | None:
        with self._lock:
            self._forget_old()
            return self._waiting.pop(ticket, None)


def relay(threads: Threads, left: Channel, right: Channel) -> None:
    """Pass on what each of two channels says to the other, until one of them ends; then both are closed."""
    threads.spawn(_pass_on, right, left, name="console-back")
    _pass_on(left, right)


def _pass_on(source: Channel, target: Channel) -> None:
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
    except OSError as failure:  # a side that went away is how every console ends
        LOG.debug("console_ended", reason=str(failure))
    finally:
        for each in (target, source):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _read_ticket(connection: socket.socket) -> str:
    """The first line, read byte by byte so that nothing behind it is lost."""
    found = b""
    try:
        while len(found) <= 2 * TICKET_BYTES:
            byte = connection.recv(1)
            if byte in (b"", b"\n"):
                break
            found += byte
    except OSError as failure:
        LOG.debug("console_without_ticket", reason=str(failure))
    return found.decode("ascii", "replace")
