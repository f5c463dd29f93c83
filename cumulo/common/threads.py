"""Spawning, locking and waiting, handed to whoever needs it.

Written on the standard library: under eventlet's monkey patching the same calls give green threads.
native() is the one way to run something that blocks in C (libvirt, bcrypt, hashing of large data).
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import eventlet
from eventlet import patcher, tpool

from cumulo.common import log

Answer = TypeVar("Answer")
LOG = log.get(__name__)


class Threads:
    """Real threads, or green ones where the process has been monkey-patched."""

    def spawn(self, function: Callable[..., Any], *arguments: Any, name: str = "") -> threading.Thread:
        """Run the function in a thread that does not keep the process alive; an error it raises is logged."""
        thread = threading.Thread(target=_guarded, args=(function, arguments), name=name or None, daemon=True)
        thread.start()
        return thread

    def lock(self) -> threading.Lock:
        """Return a lock."""
        return threading.Lock()

    def event(self) -> threading.Event:
        """Return an event."""
        return threading.Event()

    def queue(self, size: int = 0) -> "queue.Queue[Any]":
        """Return a queue of at most size items (0: no bound)."""
        return queue.Queue(size)

    def native(self, function: Callable[..., Answer], *arguments: Any, **named: Any) -> Answer:
        """Run a call that blocks in C in a native thread and wait for it, letting green threads run."""
        if not patcher.is_monkey_patched("thread"):
            return function(*arguments, **named)
        return tpool.execute(function, *arguments, **named)  # type: ignore[no-any-return]

    def begin_native(self, function: Callable[..., Answer], *arguments: Any) -> Callable[[], Answer]:
        """Begin such a call and go on; what is returned waits for its answer, or raises what it raised.

        Where nothing is green it has been done when this returns.
        """
        if not patcher.is_monkey_patched("thread"):
            answer = function(*arguments)
            return lambda: answer
        return eventlet.spawn(tpool.execute, function, *arguments).wait  # type: ignore[no-any-return]


def _guarded(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        function(*arguments)
    except Exception:
        LOG.exception("thread_failed", function=getattr(function, "__qualname__", str(function)))
