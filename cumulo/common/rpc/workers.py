"""A thread for every job, kept for a while afterwards for the next one.

Starting a thread costs more than a short call; a job never waits for another one to end.
"""

from collections.abc import Callable
from typing import Any

from cumulo.common import log
from cumulo.common.rpc.latch import Latch
from cumulo.common.threads import Threads

LOG = log.get(__name__)

IDLE_MOST = 32
IDLE_S = 60.0

Job = tuple[Callable[..., None], tuple[Any, ...]]


class _Worker:
    def __init__(self, threads: Threads) -> None:
        self.latch = Latch(threads)
        self.job: Job | None = None


class Workers:
    """Threads that take jobs."""

    def __init__(self, threads: Threads, name: str) -> None:
        self._threads = threads
        self._name = name
        self._idle: list[_Worker] = []
        self._lock = threads.lock()

    def run(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run a function in a thread of its own; an error it raises is logged."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is None:
            self._threads.spawn(self._work, _Worker(self._threads), (function, arguments), name=self._name)
        else:
            worker.job = (function, arguments)
            worker.latch.open()

    def _work(self, worker: _Worker, job: Job | None) -> None:
        while job is not None:
            function, arguments = job
            try:
                function(*arguments)
            except Exception:
                LOG.exception("job_failed", function=function.__qualname__)
            job = self._next(worker)

    def _next(self, worker: _Worker) -> Job | None:
        """Wait for another job; None when there are idle threads enough or none came."""
        worker.job = None
        with self._lock:
            if len(self._idle) >= IDLE_MOST:
                return None
            self._idle.append(worker)
        if not worker.latch.wait(IDLE_S):
            with self._lock:
                if worker in self._idle:
                    self._idle.remove(worker)
                    return None
            # A job was being handed over at that very moment: it is on its way.
            worker.latch.wait(IDLE_S)
        return worker.job
