"""An HTTP proxy that loses answers: after a request has reached the server, its connection is cut.

    with LossyProxy(server_port=5000, loss=0.3, seed=1) as proxy: ... proxy.port ... proxy.counts()

A lost answer is lost in one of three ways, in turns: at once (the server is still at work), when the
server has answered but not a byte was passed on, and in the middle of the answer.
"""

import asyncio
import collections
import itertools
import multiprocessing
import random
import re
from multiprocessing.connection import Connection
from typing import Self

WAYS = ("cut at once", "cut before the answer", "cut within the answer")
_LENGTH = re.compile(rb"^content-length:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)


class LossyProxy:
    """The proxy, in a process of its own."""

    def __init__(self, *, server_port: int, loss: float, seed: int) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_run, args=(server_port, loss, seed, theirs), daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._process.start()
        self.port = self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def counts(self) -> dict[str, int]:
        """Return how many requests reached the server, and in which way how many answers were lost."""
        self._ours.send("counts")
        return dict(self._ours.recv())


def _run(server_port: int, loss: float, seed: int, pipe: Connection) -> None:
    asyncio.run(_serve(server_port, loss, seed, pipe))


async def _serve(server_port: int, loss: float, seed: int, pipe: Connection) -> None:
    counts: collections.Counter[str] = collections.Counter()
    chance, ways = random.Random(seed), itertools.cycle(WAYS)

    async def passes(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        onward: asyncio.StreamWriter | None = None
        try:
            server, onward = await asyncio.open_connection("127.0.0.1", server_port)
            while request := await _message(client):
                onward.write(request)
                await onward.drain()
                counts["requests"] += 1
                way = next(ways) if chance.random() < loss else ""
                if way == WAYS[0]:
                    counts[way] += 1
                    return
                answer = await _message(server)
                if not answer:  # the server died before it answered
                    return
                if way:
                    counts[way] += 1
                    back.write(answer[:len(answer) // 2] if way == WAYS[2] else b"")
                    await back.drain()
                    return
                back.write(answer)
                await back.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            counts["broken"] += 1  # by the client or by the server, not by us
        finally:
            for writer in (onward, back):
                if writer is not None:
                    writer.close()

    listener = await asyncio.start_server(passes, "127.0.0.1", 0)
    pipe.send(listener.sockets[0].getsockname()[1])
    asyncio.get_running_loop().add_reader(pipe.fileno(), lambda: (pipe.recv(), pipe.send(dict(counts))))
    async with listener:
        await listener.serve_forever()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Return a whole request or answer, nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as failure:
        if failure.partial:
            raise
        return b""
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")
