"""The body of a download: the kernel sends what is in a file of this host, other data goes through here in chunks."""

from typing import Any

from cumulo.common import log
from cumulo.common.outflow import send_file
from cumulo.common.threads import Threads
from cumulo.image.store.protocol import Store, Stream, run

LOG = log.get(__name__)
FIRST_BYTES = 64 * 1024
CHUNK_BYTES = 512 * 1024


class Outgoing:
    """Gives the chunks of a part of a file or stream: its first byte, where the stream stands, and its length.

    The server sends its headers with the first chunk. After it the rest of a file is sent past the server, which
    only counts what it is given. Raises OSError when there is less data than was promised: the connection must end,
    or the client would wait for the rest for ever.
    """

    def __init__(self, threads: Threads, store: Store, stream: Stream, part: tuple[int, int],
                 connection: Any = None) -> None:
        self._threads = threads
        self._store = store
        self._stream = stream
        self._at, self._left = part
        self._connection = connection if store.local else None
        self._has_begun = False

    def __iter__(self) -> "Outgoing":
        """Return the chunks."""
        return self

    def __next__(self) -> bytes:
        """Return the next chunk."""
        if self._left and self._has_begun and self._connection is not None:
            file = self._stream.fileno()  # type: ignore[attr-defined]
            self._take(send_file(self._threads, self._connection, file, self._at, self._left), self._left)
        if not self._left:
            raise StopIteration
        size = min(CHUNK_BYTES if self._has_begun else FIRST_BYTES, self._left)
        chunk = run(self._threads, self._store, self._stream.read, size)
        self._has_begun = True
        self._take(len(chunk), 1)
        return chunk

    def _take(self, count: int, least: int) -> None:
        if count < least:
            LOG.error("image_data_cut_short", missing=self._left - count)
            raise OSError("the stored data ends too early")
        self._at += count
        self._left -= count

    def close(self) -> None:
        """Read no more."""
        self._stream.close()
