"""AMQP 0-9-1 frames for the two things the bus does all day: publishing and taking a delivery.

py-amqp does everything else (handshake, declarations, closing). These two are done here because
they cost it several system calls and most of the processor time of a round trip, and because its
publish reads from the socket, which here only the connection's owner may do.

Frame: type (1 octet), channel (2), size (4), payload, 0xCE. A message is a method frame (type 1),
a header frame (2) and body frames (3) of at most frame_max octets each (AMQP 0-9-1, section 4.2).
"""

import struct
from collections.abc import Callable
from typing import Any

from amqp.exceptions import UnexpectedFrame

METHOD, HEADER, BODY = 1, 2, 3
_FRAME = struct.Struct(">BHI")
_SIZE = struct.Struct(">Q")
_FRAME_END = 0xCE
_END = b"\xce"
_PUBLISH = struct.pack(">HHHB", 60, 40, 0, 0)  # basic.publish, reserved, the default exchange ""
_DELIVER = struct.pack(">HH", 60, 60)
_MANDATORY = b"\x01"
_HEADER_START = struct.pack(">HH", 60, 0)
_EXPIRATION_FLAG, _NO_FLAGS = struct.pack(">H", 0x0100), struct.pack(">H", 0)
_FRAME_OVERHEAD = 8
_READ_BYTES = 65536


def publication(channel: int, queue: bytes, body: bytes, expires_s: float | None, frame_max: int) -> bytes:
    """Return the frames that publish a body to a queue and have it returned when there is no such queue."""
    method = b"".join((_PUBLISH, bytes((len(queue),)), queue, _MANDATORY))
    header = b"".join((_HEADER_START, _SIZE.pack(len(body)), _properties(expires_s)))
    parts = [_FRAME.pack(METHOD, channel, len(method)), method, _END,
             _FRAME.pack(HEADER, channel, len(header)), header, _END]
    most = frame_max - _FRAME_OVERHEAD
    for start in range(0, len(body), most):
        piece = body[start:start + most]
        parts += (_FRAME.pack(BODY, channel, len(piece)), piece, _END)
    return b"".join(parts)


def _properties(expires_s: float | None) -> bytes:
    if expires_s is None:
        return _NO_FLAGS
    milliseconds = str(max(int(expires_s * 1000), 1)).encode()
    return _EXPIRATION_FLAG + bytes((len(milliseconds),)) + milliseconds


class Reader:
    """Cuts what the socket gives into frames; deliveries go to on_delivery(consumer tag, body), the rest to py-amqp."""

    def __init__(self, connection: Any, channel: int, on_delivery: Callable[[str, bytes], None]) -> None:
        self._connection = connection
        self._channel = channel
        self._on_delivery = on_delivery
        self._tag: str | None = None
        self._missing = 0
        self._pieces: list[bytes] = []

    def run(self) -> None:
        """Read until the connection ends; raises what py-amqp or the socket raises then."""
        transport = self._connection.transport
        receive = transport.sock.recv
        # The handshake may have read on into the next frames.
        buffer, transport._read_buffer = transport._read_buffer, b""
        while self._connection.connected:
            buffer = buffer[self._take(buffer):]
            more = receive(_READ_BYTES)
            if not more:
                raise ConnectionResetError("the broker closed the connection")
            buffer = buffer + more if buffer else more

    def _take(self, buffer: bytes) -> int:
        """Handle the whole frames in the buffer; return how many octets they had."""
        position, end = 0, len(buffer)
        while end - position >= _FRAME_OVERHEAD:
            kind, channel, size = _FRAME.unpack_from(buffer, position)
            start = position + _FRAME.size
            if end < start + size + 1:
                break
            if buffer[start + size] != _FRAME_END:
                raise UnexpectedFrame("a frame without its end octet")
            self._frame(kind, channel, buffer[start:start + size])
            position = start + size + 1
        return position

    def _frame(self, kind: int, channel: int, payload: bytes) -> None:
        if self._tag is not None and channel == self._channel and kind in (HEADER, BODY):
            self._content(kind, payload)
        elif kind == METHOD and channel == self._channel and payload.startswith(_DELIVER):
            self._tag = payload[5:5 + payload[4]].decode()
        else:
            self._connection.on_inbound_frame((kind, channel, payload))

    def _content(self, kind: int, payload: bytes) -> None:
        if kind == HEADER:
            self._missing = _SIZE.unpack_from(payload, 4)[0]
        else:
            self._pieces.append(payload)
            self._missing -= len(payload)
        if self._missing > 0:
            return
        tag, body = self._tag, b"".join(self._pieces)
        self._tag, self._pieces = None, []
        self._connection.bytes_recv += 1  # py-amqp's heartbeats count what comes in
        if tag is not None:
            self._on_delivery(tag, body)
