"""Copies of images on this host, so that what stands in a store far away is fetched once.

    <cache_dir>/data/<image id>      a whole copy, whose hash was compared; .part while it is being made
    <cache_dir>/queue/<image id>     an empty file: somebody wants a copy
    <cache_dir>/hits/<image id>      as many bytes as the copy was read

Everything is in files, so that several processes of a host share it and none of it has to survive. The time of
a copy's last reading decides what goes first when all of them take more than their bound.
"""

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from cumulo.common import log
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.image.store.file import FileStore, Part
from cumulo.image.store.protocol import Store, StoreFailed, Stream, run

LOG = log.get(__name__)
STALE_S = 300.0
CHUNK_BYTES = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Cached:
    """One copy: its size, when it was made and read last, and how often it was read."""

    image_id: str
    size: int
    made_at: float
    read_at: float
    hits: int


class ImageCache:
    """The copies below one directory; limit bounds their bytes."""

    def __init__(self, directory: str, limit: int, clock: Clock, threads: Threads) -> None:
        self.data = FileStore(os.path.join(directory, "data"), "cache")
        self._queue = os.path.join(directory, "queue")
        self._hits = os.path.join(directory, "hits")
        self._limit = limit
        self._clock = clock
        self._threads = threads

    def open(self, image_id: str, first: int = 0) -> BinaryIO | None:
        """Open a copy from a byte on and note that it is read; None where there is none."""
        try:
            file = self.data.open(image_id, first)
        except FileNotFoundError:
            return None
        self._note(image_id)
        return file

    def fits(self, image: Mapping[str, Any]) -> bool:
        """Say whether there can be a copy of an image."""
        return bool(image["os_hash_value"]) and image["size"] <= self._limit

    def filled(self, image: Mapping[str, Any], store: Store, stream: Stream) -> Stream:
        """Return a stream that makes a copy of what is read through it, if that is all of it and what it should be.

        It is the stream itself where another makes the copy, or the copy would never fit.
        """
        if not self.fits(image):
            return stream
        try:
            part = self.data.create(image["id"])
        except OSError as failure:
            if not isinstance(failure, FileExistsError):
                LOG.warning("image_not_cached", image=image["id"], error=failure)
            return stream
        return _Filling(self, image, store, stream, part, self._threads)

    def fetch(self, image: Mapping[str, Any], store: Store, name: str) -> None:
        """Make a copy now; raises OSError. Nothing happens where there is one, or another makes it."""
        if os.path.exists(self.data.path(image["id"])):
            self._unqueue(image["id"])
            return
        stream = self.filled(image, store, run(self._threads, store, store.open, name))
        with contextlib.closing(stream):
            while isinstance(stream, _Filling) and run(self._threads, store, stream.read, CHUNK_BYTES):
                pass

    def keep(self, image_id: str, part: Part) -> None:
        """Take over a part that is whole, and drop what is then too much."""
        part.commit()
        self._unqueue(image_id)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self._hits, image_id))
        self.prune()
        LOG.info("image_cached", image=image_id, size=part.size)

    def queue(self, image_id: str) -> None:
        """Note that somebody wants a copy."""
        os.makedirs(self._queue, mode=0o700, exist_ok=True)
        with open(os.path.join(self._queue, image_id), "ab"):
            pass

    def queued(self) -> list[str]:
        """Return the images of which somebody wants a copy, the oldest wish first."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self._queue) as entries:
            return [name for _, name in sorted((entry.stat().st_mtime, entry.name) for entry in entries)]
        return []

    def cached(self) -> list[Cached]:
        """Return all whole copies, the one that was read last first."""
        found = [self._about(name) for name in self.data.holdings().whole]
        return sorted((each for each in found if each is not None), key=lambda each: (-each.read_at, each.image_id))

    def drop(self, image_id: str) -> bool:
        """Remove a copy, or the wish for one; say whether there was any. Whoever reads the copy goes on."""
        there = self._unqueue(image_id) or os.path.exists(self.data.path(image_id))
        for path in (self.data.path(image_id), os.path.join(self._hits, image_id)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        return there

    def clear(self, copies: bool = True, wishes: bool = True) -> None:
        """Remove all copies, all wishes, or both."""
        for image_id in self.queued() if wishes else ():
            self._unqueue(image_id)
        for each in self.cached() if copies else ():
            wanted = each.image_id in self.queued()
            self.drop(each.image_id)
            if wanted:
                self.queue(each.image_id)

    def prune(self) -> None:
        """Drop the copies that were not read for longest, until all are within the bound."""
        copies = self.cached()
        total = sum(each.size for each in copies)
        while copies and total > self._limit:
            total -= copies[-1].size
            self.drop(copies.pop().image_id)

    def sweep(self) -> None:
        """Remove what killed processes had of copies: what nobody has added to for a while."""
        for name in self.data.holdings().partial:
            path = self.data.partial_path(name)
            with contextlib.suppress(FileNotFoundError):
                if os.stat(path).st_mtime < self._clock.now() - STALE_S:
                    os.unlink(path)

    def _note(self, image_id: str) -> None:
        with contextlib.suppress(OSError):
            os.makedirs(self._hits, mode=0o700, exist_ok=True)
            with open(os.path.join(self._hits, image_id), "ab") as file:
                file.write(b".")
            path = self.data.path(image_id)
            os.utime(path, (self._clock.now(), os.stat(path).st_mtime))

    def _about(self, image_id: str) -> Cached | None:
        try:
            about = os.stat(self.data.path(image_id))
        except FileNotFoundError:
            return None  # dropped a moment ago
        hits = 0
        with contextlib.suppress(FileNotFoundError):
            hits = os.path.getsize(os.path.join(self._hits, image_id))
        read_at = about.st_atime if hits else about.st_mtime
        return Cached(image_id, about.st_size, about.st_mtime, read_at, hits)

    def _unqueue(self, image_id: str) -> bool:
        try:
            os.unlink(os.path.join(self._queue, image_id))
        except FileNotFoundError:
            return False
        return True


class _Filling:
    """A stream that is copied while it is read. The copy is given up when it cannot be written."""

    def __init__(self, cache: ImageCache, image: Mapping[str, Any], store: Store, stream: Stream, part: Part,
                 threads: Threads) -> None:
        self._cache = cache
        self._image = image
        self._store = store
        self._stream = stream
        self._part: Part | None = part
        self._digest = hashlib.new(image["os_hash_algo"])
        self._threads = threads

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end; raises OSError."""
        chunk = self._stream.read(size)
        if self._part is not None:
            try:
                self._threads.native(self._copy, self._part, chunk)
            except StoreFailed:
                raise
            except OSError as failure:  # of this host's disk: whoever reads need not mind
                LOG.warning("image_not_cached", image=self._image["id"], error=failure)
                self._give_up()
        return chunk

    def _copy(self, part: Part, chunk: bytes) -> None:
        part.write(chunk)
        self._digest.update(chunk)
        if part.size < self._image["size"]:
            return
        if part.size > self._image["size"] or self._digest.hexdigest() != self._image["os_hash_value"]:
            raise StoreFailed(f"what store {self._store.name} sends is not the image: its hash differs")
        self._cache.keep(self._image["id"], part)
        self._part = None

    def _give_up(self) -> None:
        part, self._part = self._part, None
        if part is not None:
            part.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part.path)

    def close(self) -> None:
        """Read no more; a copy that is not whole is removed."""
        self._give_up()
        self._stream.close()
