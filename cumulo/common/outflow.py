"""Sending a file over a connection without looking at it: the kernel copies it from its cache to the socket.

It is done in native threads, since a file may have to be read from the disk first. A native thread stays with a
connection for as long as that takes what it is sent, and no longer than a slice: for a slow one a green thread waits.
"""

import os
import socket
from typing import Any

from eventlet import hubs, patcher

from cumulo.common.threads import Threads

select = patcher.original("select")
SLICE_BYTES = 16 * 1024 * 1024
PATIENCE_MS = 10


def send_file(threads: Threads, connection: Any, file: int, first: int, length: int) -> int:
    """Send a part of a file over a green socket; return how many bytes, fewer only where the file ends.

    Raises OSError when the connection breaks or takes nothing for its timeout.
    """
    sent = 0
    while sent < length:
        count, reason = threads.native(_slice, connection.fileno(), file, first + sent,
                                       min(SLICE_BYTES, length - sent))
        sent += count
        if reason == "end":
            break
        if reason == "slow":
            hubs.trampoline(connection.fileno(), write=True, timeout=connection.gettimeout(), timeout_exc=socket.timeout)
    return sent


def _slice(connection: int, file: int, first: int, length: int) -> tuple[int, str]:
    """Send as much as the connection takes without much waiting; return how much, and why not more."""
    sent, poll = 0, select.poll()
    poll.register(connection, select.POLLOUT)
    while sent < length:
        try:
            count = os.sendfile(connection, file, first + sent, length - sent)
        except BlockingIOError:
            if not poll.poll(PATIENCE_MS):
                return sent, "slow"
            continue
        if not count:
            return sent, "end"
        sent += count
    return sent, "sent"
