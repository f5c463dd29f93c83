"""AMQP frames: what is written can be read, however the socket cuts it up."""

import struct
import types
import unittest
from typing import Any

from amqp.exceptions import UnexpectedFrame

from cumulo.common.rpc import wire


def delivery(tag: bytes, body: bytes, piece: int = 1 << 20) -> bytes:
    """Return the frames of one basic.deliver."""
    method = struct.pack(">HHB", 60, 60, len(tag)) + tag + struct.pack(">QBBB", 1, 0, 0, 0)
    header = struct.pack(">HHQH", 60, 0, len(body), 0)
    frames = [(1, method), (2, header)] + [(3, body[at:at + piece]) for at in range(0, len(body), piece)]
    return b"".join(struct.pack(">BHI", kind, 1, len(payload)) + payload + b"\xce" for kind, payload in frames)


class FakeConnection:
    """A py-amqp connection whose socket gives prepared chunks."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks
        self.bytes_recv = 0
        self.connected = True
        self.other_frames: list[Any] = []
        self.transport = types.SimpleNamespace(_read_buffer=b"", sock=self)

    def recv(self, most: int) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""

    def on_inbound_frame(self, frame: Any) -> None:
        self.other_frames.append(frame)


class ReaderTest(unittest.TestCase):
    """Deliveries are taken out of the stream."""

    def read(self, chunks: list[bytes]) -> tuple[list[tuple[str, bytes]], FakeConnection]:
        got: list[tuple[str, bytes]] = []
        connection = FakeConnection(chunks)
        with self.assertRaises(ConnectionResetError):
            wire.Reader(connection, 1, lambda tag, body: got.append((tag, body))).run()
        return got, connection

    def test_deliveries_cut_anywhere_are_put_together(self) -> None:
        stream = delivery(b"one", b"first") + delivery(b"two", b"") + delivery(b"three", b"x" * 100, piece=30)
        expected = [("one", b"first"), ("two", b""), ("three", b"x" * 100)]
        for size in (1, 2, 7, 8, 50, len(stream)):
            with self.subTest(size=size):
                got, connection = self.read([stream[at:at + size] for at in range(0, len(stream), size)])
                self.assertEqual(expected, got)
                self.assertEqual(3, connection.bytes_recv)

    def test_other_frames_go_to_py_amqp(self) -> None:
        heartbeat = struct.pack(">BHI", 8, 0, 0) + b"\xce"
        got, connection = self.read([delivery(b"a", b"1") + heartbeat + delivery(b"b", b"2")])
        self.assertEqual([("a", b"1"), ("b", b"2")], got)
        self.assertEqual([(8, 0, b"")], connection.other_frames)

    def test_a_broken_frame_is_an_error(self) -> None:
        with self.assertRaises(UnexpectedFrame):
            wire.Reader(FakeConnection([delivery(b"a", b"1")[:-1] + b"\x00"]), 1, lambda tag, body: None).run()


class PublicationTest(unittest.TestCase):
    """What goes out."""

    def test_a_body_over_the_frame_limit_is_cut(self) -> None:
        frames = wire.publication(1, b"queue", b"y" * 250, None, 108)
        self.assertEqual(3, frames.count(struct.pack(">BH", 3, 1) + b"\x00\x00\x00"))
        self.assertEqual(250, frames.count(b"y"))

    def test_a_lifetime_travels_in_milliseconds(self) -> None:
        self.assertIn(struct.pack(">H", 0x0100) + b"\x041500\xce", wire.publication(1, b"q", b"", 1.5, 1000))
