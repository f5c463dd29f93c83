"""Reading a long body from a connection in few, big pieces.

A reader that is faster than its sender is woken for every packet, and waking it costs more than the packet. The kernel
can be told to wake it for no less than so many bytes, as long as so many are still to come.
"""

import contextlib
import socket
from typing import Any

LOW_WATER_BYTES = 256 * 1024
_READ_AHEAD_BYTES = 64 * 1024
"""What the server may have read beyond the headers: these bytes will not come over the connection again."""


class Inflow:
    """A body of known length over a socket."""

    def __init__(self, body: Any, connection: Any, length: int) -> None:
        self._body = body
        self._connection = connection
        self._left = length - _READ_AHEAD_BYTES
        self._mark = 1

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer; return how many bytes, fewer only at the end."""
        self._tell(min(LOW_WATER_BYTES, len(buffer), self._left))
        if self._body.should_send_hundred_continue:
            chunk = self._body.read(1)  # the server tells the client to go on
            buffer[:len(chunk)] = chunk
            return len(chunk)
        count = int(self._body.rfile.readinto(buffer))
        self._body.position += count  # by this the server knows what of the body is left
        self._left -= count
        return count

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end."""
        buffer = bytearray(size)
        return bytes(buffer[:self.readinto(memoryview(buffer))])

    def close(self) -> None:
        """Let the connection be as it was: what follows on it may be short."""
        self._tell(1)

    def _tell(self, mark: int) -> None:
        # While little is left or asked for, every byte counts.
        wanted = LOW_WATER_BYTES if mark >= LOW_WATER_BYTES else 1
        if wanted != self._mark:
            self._mark = wanted
            with contextlib.suppress(OSError):  # it has been cut, which the next read says
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted)
