"""Clock, threads and ids of a simulated process: what cumulo.common.runtime hands to a service."""

import collections
import queue
import random
from collections.abc import Callable
from typing import Any

from cumulo.common import ids as real_ids
from cumulo.common import log
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from tests.simulation.kernel import START_S, Kernel, Process, Task

LOG = log.get(__name__)


class SimClock(Clock):
    """Virtual time; the wall clock of a host may be off, the monotonic one is not."""

    def __init__(self, kernel: Kernel, offset_s: Callable[[], float] = lambda: 0.0) -> None:
        self._kernel = kernel
        self._offset_s = offset_s

    def now(self) -> float:
        """Return the virtual time plus the host's error."""
        return self._kernel.now + self._offset_s()

    def monotonic(self) -> float:
        """Return virtual seconds since the start, and some, as no clock begins at nought."""
        return self._kernel.now - START_S + 1000.0

    def sleep(self, seconds: float) -> None:
        """Let the others run."""
        self._kernel.wait(seconds)


class SimIds(Ids):
    """Identifiers from a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(f"ids {seed}")

    def random_bytes(self, count: int) -> bytes:
        """Return so many bytes that the next run of the seed gets too."""
        return self._random.randbytes(count)

    def random(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def password(self, length: int = 16) -> str:
        """Return a password that is no secret."""
        return "".join(self._random.choices(real_ids._LETTERS, k=length))


class _Waiters:
    """Tasks that wait for one thing, in the order they came."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._tasks: collections.deque[Task] = collections.deque()

    def wait(self, timeout_s: float | None) -> bool:
        """Wait for a wake-up; False when the time ran out."""
        task = self._kernel.current
        self._tasks.append(task)
        try:
            return self._kernel.wait(timeout_s)
        finally:
            if task in self._tasks:
                self._tasks.remove(task)

    def wake_one(self) -> None:
        """Wake whoever waits longest."""
        if self._tasks:
            self._kernel.wake(self._tasks.popleft())

    def wake_all(self) -> None:
        """Wake everybody."""
        while self._tasks:
            self.wake_one()


class SimLock:
    """A lock; taking a free one is no switch point, as with green threads."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._held = False
        self._waiters = _Waiters(kernel)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; False when that was not possible in time."""
        self._kernel.check_alive()
        limit = None if timeout < 0 else self._kernel.now + timeout
        while self._held:
            left = None if limit is None else limit - self._kernel.now
            if not blocking or not self._waiters.wait(left):
                return False
        self._held = True
        return True

    def release(self) -> None:
        """Give it back."""
        self._kernel.check_alive()
        self._held = False
        self._waiters.wake_one()

    def locked(self) -> bool:
        """Say whether somebody holds it."""
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        if self._kernel.current.process.alive:
            self.release()


class SimEvent:
    """An event."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._set = False
        self._waiters = _Waiters(kernel)

    def is_set(self) -> bool:
        """Say whether it is set."""
        self._kernel.check_alive()
        return self._set

    def set(self) -> None:
        """Set it and wake everybody who waits."""
        self._kernel.check_alive()
        self._set = True
        self._waiters.wake_all()

    def clear(self) -> None:
        """Unset it."""
        self._kernel.check_alive()
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set; say whether it is."""
        self._kernel.check_alive()
        if not self._set:
            self._waiters.wait(timeout)
        return self._set


class SimQueue:
    """A queue, as much of it as the services use."""

    def __init__(self, kernel: Kernel, size: int) -> None:
        self._kernel = kernel
        self._size = size
        self._items: collections.deque[Any] = collections.deque()
        self._changed = _Waiters(kernel)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add an item; queue.Full when there is no room in time."""
        self._kernel.check_alive()
        while self._size and len(self._items) >= self._size:
            if not block or not self._changed.wait(timeout):
                raise queue.Full
        self._items.append(item)
        self._changed.wake_all()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the oldest item; queue.Empty when there is none in time."""
        self._kernel.check_alive()
        while not self._items:
            if not block or not self._changed.wait(timeout):
                raise queue.Empty
        self._changed.wake_all()
        return self._items.popleft()


class SimThread:
    """What spawn returns."""

    def __init__(self, kernel: Kernel, task: Task) -> None:
        self._kernel = kernel
        self._task = task

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        if self._task.ended:
            return
        me = self._kernel.current
        self._task.joiners.append(me)
        try:
            self._kernel.wait(timeout)
        finally:
            self._task.joiners.remove(me)

    def is_alive(self) -> bool:
        """Say whether it has not ended."""
        return not self._task.ended


class SimThreads(Threads):
    """Green threads of one simulated process."""

    def __init__(self, kernel: Kernel, process: Process) -> None:
        self._kernel = kernel
        self._process = process

    def spawn(self, function: Callable[..., Any], *arguments: Any, name: str = "") -> Any:
        """Run the function in a task; an error it raises is logged, which a simulation counts as a failure."""
        self._kernel.check_alive()

        def guarded() -> None:
            try:
                function(*arguments)
            except Exception:
                LOG.exception("thread_failed", function=getattr(function, "__qualname__", str(function)))

        return SimThread(self._kernel, self._kernel.spawn(self._process, guarded, name))

    def lock(self) -> Any:
        """Return a lock."""
        return SimLock(self._kernel)

    def event(self) -> Any:
        """Return an event."""
        return SimEvent(self._kernel)

    def queue(self, size: int = 0) -> Any:
        """Return a queue."""
        return SimQueue(self._kernel, size)

    def native(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Run the function; before and after it others may run."""
        self._kernel.pause()
        answer = function(*arguments, **named)
        self._kernel.pause()
        return answer

    def begin_native(self, function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """Run the function before others may; others may run before its answer is looked at."""
        answer = function(*arguments)

        def wait() -> Any:
            self._kernel.pause()
            return answer
        return wait
