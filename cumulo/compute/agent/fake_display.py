"""The consoles of guests that are not there: a display of one grey picture, and a serial line that says back what it hears.

The display speaks RFB 3.8 (RFC 6143): version, no authentication, one framebuffer of 64 x 48 pixels.
"""

import socket
import struct

from cumulo.common import errors
from cumulo.common.threads import Threads

VERSION = b"RFB 003.008\n"
WIDTH, HEIGHT = 64, 48
_FORMAT = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
_LENGTHS = {0: 20, 4: 8, 5: 6}  # messages of the client whose length is fixed


def open_display(threads: Threads, kind: str, name: str) -> socket.socket:
    """Return our end of a new console of the kind."""
    ours, theirs = socket.socketpair()
    serve = {"novnc": _draw, "serial": _echo, "spice-html5": _echo}.get(kind)
    if serve is None:
        raise errors.BadRequest(f"Unavailable console type {kind}.")
    threads.spawn(_guarded, serve, theirs, name, name="fake-display")
    return ours


def _guarded(serve: object, connection: socket.socket, name: str) -> None:
    with connection:
        try:
            serve(connection, name)  # type: ignore[operator]
        except (ConnectionError, EOFError):
            return  # the user closed the console


def _echo(connection: socket.socket, name: str) -> None:
    connection.sendall(f"{name} login: ".encode())
    while data := connection.recv(4096):
        connection.sendall(data)


def _draw(connection: socket.socket, name: str) -> None:
    connection.sendall(VERSION)
    _read(connection, len(VERSION))
    connection.sendall(b"\x01\x01")  # one way to authenticate: none
    _read(connection, 1)
    connection.sendall(bytes(4))
    _read(connection, 1)
    title = name.encode()
    connection.sendall(struct.pack(">HH", WIDTH, HEIGHT) + _FORMAT + struct.pack(">I", len(title)) + title)
    while True:
        kind = _read(connection, 1)[0]
        if kind == 2:  # the encodings it likes: it gets the plain one
            (count,) = struct.unpack(">xH", _read(connection, 3))
            _read(connection, 4 * count)
        elif kind == 3:
            _read(connection, 9)
            connection.sendall(struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, 0) + b"\x80\x80\x80\0" * WIDTH * HEIGHT)
        elif kind == 6:
            (length,) = struct.unpack(">xxxI", _read(connection, 7))
            _read(connection, length)
        else:
            _read(connection, _LENGTHS.get(kind, 1) - 1)


def _read(connection: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = connection.recv(length - len(found))
        if not more:
            raise EOFError
        found += more
    return found
