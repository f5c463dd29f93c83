"""A disk of any form that QEMU knows, opened for a while to be read or written by us: QEMU serves it, to us alone, by NBD.

The program is ours as long as we hold the disk, and ends with us. It is handed a socket that listens already, and has no
name that anybody else could connect to once it is removed. The protocol is the NBD project's "doc/proto.md": a greeting, one
option, and then a request and its answer at a time.
"""

import contextlib
import errno
import json
import os
import pathlib
import socket
import struct
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from cumulo.common import command, errors
from cumulo.common.threads import Threads

NAME = "disk"
MOST = 16 * 1024 * 1024  # bytes of one request
TIMEOUT_S = 600.0
_GREETING, _OPTION = struct.Struct(">8s8sH"), struct.Struct(">8sII")
_EXPORT = struct.Struct(">QH")
_REQUEST, _ANSWER = struct.Struct(">IHHQQI"), struct.Struct(">IIQ")
_READ, _WRITE, _END, _FLUSH = 0, 1, 2, 3
_REQUEST_MAGIC, _ANSWER_MAGIC = 0x25609513, 0x67446698
_FIXED_AND_NO_ZEROES = 3
Ranges = list[tuple[int, int]]
"""(first byte, byte behind the last) of each, in order."""


class OpenDisk:
    """Implements cumulo.volume.agent.backend.Source and Sink over a connection to what serves a disk."""

    def __init__(self, descriptor: int, ranges: Ranges) -> None:
        self._descriptor = descriptor
        self._ranges = ranges
        _GREETING.unpack(self._receive(_GREETING.size))
        name = NAME.encode()
        self._send(struct.pack(">I", _FIXED_AND_NO_ZEROES) + _OPTION.pack(b"IHAVEOPT", 1, len(name)) + name)
        self._size_bytes, _ = _EXPORT.unpack(self._receive(_EXPORT.size))

    @property
    def size_bytes(self) -> int:
        """Return what the greeting said."""
        return int(self._size_bytes)

    def extents(self) -> Iterator[tuple[int, int]]:
        """Give what QEMU said before."""
        return iter(self._ranges)

    def read(self, offset: int, length: int) -> bytes:
        """Read until there is so much, or the end."""
        end = min(offset + length, self.size_bytes)
        pieces = []
        for first in range(offset, end, MOST):
            count = min(MOST, end - first)
            self._ask(_READ, first, count)
            pieces.append(self._receive(count))
        return b"".join(pieces)

    def write(self, offset: int, data: bytes) -> None:
        """Write all of it."""
        if offset + len(data) > self.size_bytes:
            raise errors.BadRequest("what is written to the volume is larger than it")
        for first in range(0, len(data), MOST):
            piece = data[first:first + MOST]
            self._ask(_WRITE, offset + first, len(piece), piece)

    def flush(self) -> None:
        """Have it all on the disk."""
        self._ask(_FLUSH, 0, 0)

    def end(self) -> None:
        """Say that no more follows."""
        self._send(_REQUEST.pack(_REQUEST_MAGIC, 0, _END, 0, 0, 0))

    def _ask(self, what: int, offset: int, length: int, data: bytes = b"") -> None:
        self._send(_REQUEST.pack(_REQUEST_MAGIC, 0, what, 0, offset, length) + data)
        magic, failure, _ = _ANSWER.unpack(self._receive(_ANSWER.size))
        if magic != _ANSWER_MAGIC:
            raise errors.InternalError("what serves the disk does not speak NBD")
        if failure:
            raise OSError(failure, os.strerror(failure) if failure in errno.errorcode else "refused by what serves the disk")

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left):]

    def _receive(self, count: int) -> bytes:
        pieces = []
        while count:
            piece = os.read(self._descriptor, count)
            if not piece:
                raise OSError(errno.ECONNRESET, "what serves the disk has ended")
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)


@contextlib.contextmanager
def opened(disk: Mapping[str, Any], threads: Threads, *, writes: bool, ranges: Ranges | None = None) -> Iterator[OpenDisk]:
    """Open a disk, told as QEMU's blockdev-add is; what was written is on the disk in the end. Raises CommandFailed.

    ranges are those that may hold something else than zeros; QEMU is asked where nobody knows better.
    """
    if ranges is None:
        ranges = [] if writes else _written(disk, threads)
    with tempfile.TemporaryDirectory(prefix="cumulo-disk-") as directory, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(pathlib.Path(directory, "socket")))
        listener.listen(1)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(listener.getsockname())
            with command.running(_served(disk, listener.fileno(), writes), (listener.fileno(),)) as running:
                listener.close()  # so that its end is seen
                os.set_blocking(connection.fileno(), True)
                try:
                    found = threads.native(OpenDisk, connection.fileno(), ranges)
                except OSError as failure:
                    raise errors.CommandFailed(f"QEMU cannot open the disk: {running.said()}") from failure
                yield found
                if writes:
                    threads.native(found.flush)
                found.end()


def _served(disk: Mapping[str, Any], descriptor: int, writes: bool) -> list[str]:
    node = json.dumps({**disk, "node-name": NAME, "read-only": not writes})
    export = {"type": "nbd", "id": NAME, "node-name": NAME, "name": NAME, "writable": writes}
    return ["qemu-storage-daemon", "--blockdev", node, "--nbd-server", f"addr.type=fd,addr.str={descriptor}",
            "--export", json.dumps(export)]


def _written(disk: Mapping[str, Any], threads: Threads) -> Ranges:
    """Return the ranges that hold something else than zeros, as far as QEMU knows."""
    argv = ["qemu-img", "map", "--output=json", f"json:{json.dumps(disk)}"]
    said = threads.native(command.run, argv, timeout_s=TIMEOUT_S).stdout
    return [(each["start"], each["start"] + each["length"]) for each in json.loads(said) if not each["zero"]]
