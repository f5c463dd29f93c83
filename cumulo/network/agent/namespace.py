"""A listening socket inside a network namespace, served from outside it.

A socket belongs for good to the namespace its thread was in when it was made. So a native thread
enters the namespace, makes the socket and leaves again; only the descriptor comes back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import socket
from collections.abc import Iterator

from cumulo.common.threads import Threads

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_BACKLOG = 128


def listen(threads: Threads, path: pathlib.Path, address: str, port: int) -> socket.socket:
    """Return a TCP socket that listens at the address in the namespace at `path`."""
    return socket.socket(fileno=threads.native(_make, path, address, port))


def _make(path: pathlib.Path, address: str, port: int) -> int:
    with _inside(path):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(_BACKLOG)
        return os.dup(made.fileno())
    finally:
        made.close()


@contextlib.contextmanager
def _inside(path: pathlib.Path) -> Iterator[None]:
    """Be in the namespace for the time of the block: this thread only, and never past the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(path, os.O_RDONLY)
    try:
        _enter(there)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(there)
        os.close(home)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
