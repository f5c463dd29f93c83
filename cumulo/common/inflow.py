"""Reading a long body straight into a buffer, past the server's own, which would make a new one for every piece."""

from typing import Any


class Inflow:
    """The body of a request of known length, as eventlet's server hands it over."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer, which is not longer than what is to come; return how many bytes, fewer only at the end."""
        if self._body.should_send_hundred_continue:
            chunk = self._body.read(1)  # the server tells the client to go on
            buffer[:len(chunk)] = chunk
            return len(chunk)
        count = int(self._body.rfile.readinto(buffer))
        self._body.position += count  # by this the server knows what of the body is left
        return count

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end."""
        buffer = bytearray(size)
        return bytes(buffer[:self.readinto(memoryview(buffer))])
