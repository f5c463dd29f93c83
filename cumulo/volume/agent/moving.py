"""Copying volumes from one backend to another, which may be another host's: there its agent is asked for chunk after chunk.

Chunks that are nothing but zeros are not sent. A copy is compared with the original by a hash over all that is not zero
before anybody relies on it.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.volume.agent.backend import Backend, Source

CHUNK = 1024 * 1024
TRUST_S = 5.0  # how long what the scheduler said of a move is believed without asking again
Tell = Callable[[float], None]
Ask = Callable[[str, Mapping[str, Any]], Any]
"""Calls a method of the agent that has the volume."""


class Chunks(Protocol):
    """What a volume holds, in chunks."""

    def numbers(self) -> list[int]:
        """Return the numbers of the chunks that may hold something else than zeros, in order."""

    def chunk(self, number: int) -> bytes:
        """Return one of them, shorter at the end."""


class LocalChunks:
    """Implements Chunks over a backend's source."""

    def __init__(self, source: Source, threads: Threads) -> None:
        self._source = source
        self._threads = threads

    def numbers(self) -> list[int]:
        """Ask for what was ever written."""
        return list(_numbers(self._source))

    def chunk(self, number: int) -> bytes:
        """Read it."""
        found: bytes = self._threads.native(self._source.read, number * CHUNK, CHUNK)
        return found


class RemoteChunks:
    """Implements Chunks over what the agent of another host answers."""

    def __init__(self, ask: Ask, backend: str, volume_id: str) -> None:
        self._ask = ask
        self._named = {"backend": backend, "volume_id": volume_id}

    def numbers(self) -> list[int]:
        """Ask for them."""
        ranges = self._ask("volume_map", self._named)["ranges"]
        return [number for first, end in ranges for number in range(first, end)]

    def chunk(self, number: int) -> bytes:
        """Ask for it; raises Retry for one that arrives damaged."""
        answer = self._ask("volume_chunk", self._named | {"number": number})
        data = base64.b64decode(answer["data"])
        if hashlib.sha256(data).hexdigest() != answer["sha256"]:
            raise errors.Retry(f"chunk {number} of the volume arrived damaged")
        return data


def copy(target: Backend, volume_id: str, size_gib: int, chunks: Chunks, threads: Threads, tell: Tell) -> None:
    """Make a volume of what another backend holds, unless it is there; raises Retry where it is not the same then."""
    sent: list[str] = []

    def fill(sink: Any) -> None:
        sent.append(_digest(chunks, tell, lambda number, data: threads.native(sink.write, number * CHUNK, data)))

    target.write(volume_id, size_gib, fill)
    wanted = sent[0] if sent else _digest(chunks, tell)
    with target.read(volume_id) as made:
        if _digest(LocalChunks(made, threads), tell) == wanted:
            return
    target.delete(volume_id)
    raise errors.Retry("the copy of the volume is not what the volume is: it is made again")


def _digest(chunks: Chunks, tell: Tell, use: Callable[[int, bytes], None] | None = None) -> str:
    """Return the hash of all that is not zero and where it is, handing each such chunk on."""
    digest, numbers = hashlib.sha256(), chunks.numbers()
    for done, number in enumerate(numbers):
        data = chunks.chunk(number)
        if data.strip(b"\0"):
            digest.update(number.to_bytes(8, "big") + data.rstrip(b"\0"))
            if use is not None:
                use(number, data)
        tell(100.0 * (done + 1) / len(numbers))
    return digest.hexdigest()


def _numbers(source: Source) -> Iterator[int]:
    following = 0
    for first, end in source.extents():
        for number in range(max(following, first // CHUNK), -(-end // CHUNK)):
            yield number
            following = number + 1


class Outlet:
    """What an agent answers to the one that a volume moves to, for as long as the scheduler says that it does."""

    def __init__(self, backends: Mapping[str, Backend], move_of: Callable[[str], Mapping[str, Any]], clock: Clock, threads: Threads) -> None:
        self._backends = backends
        self._move_of = move_of
        self._clock = clock
        self._threads = threads
        self._believed: dict[str, tuple[float, str]] = {}  # volume id -> since when, and on which backend it is

    def methods(self) -> dict[str, Callable[..., Any]]:
        """Return them by their names on the bus."""
        return {"volume_map": self.map, "volume_chunk": self.chunk}

    def map(self, call: Any, backend: str, volume_id: str) -> dict[str, Any]:
        """Return the ranges of chunks that may hold something: {"ranges": [[first, behind the last], ...]}."""
        ranges: list[list[int]] = []
        with self._moving(backend, volume_id).read(volume_id) as source:
            for number in _numbers(source):
                if ranges and ranges[-1][1] == number:
                    ranges[-1][1] = number + 1
                else:
                    ranges.append([number, number + 1])
        return {"ranges": ranges}

    def chunk(self, call: Any, backend: str, volume_id: str, number: int) -> dict[str, Any]:
        """Return one chunk, and its hash."""
        with self._moving(backend, volume_id).read(volume_id) as source:
            data = LocalChunks(source, self._threads).chunk(number)
        return {"data": base64.b64encode(data).decode(), "sha256": hashlib.sha256(data).hexdigest()}

    def _moving(self, name: str, volume_id: str) -> Backend:
        """Return the backend that a volume moves away from; raises NotFound for one that stays."""
        now = self._clock.monotonic()
        since, where = self._believed.get(volume_id, (-TRUST_S, ""))
        if now - since >= TRUST_S:
            where = str(self._move_of(volume_id)["backend"]).rpartition("@")[2]
            self._believed = {each: said for each, said in self._believed.items() if now - said[0] < TRUST_S}
            self._believed[volume_id] = (now, where)
        if where != name or name not in self._backends:
            raise errors.NotFound(f"Volume {volume_id} is not moving away from {name}.")
        return self._backends[name]
