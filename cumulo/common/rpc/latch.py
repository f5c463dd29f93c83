"""A wake-up for one waiting thread, cheaper than an Event: one bare lock instead of a condition."""

from cumulo.common.threads import Threads


class Latch:
    """open() lets wait() return, once; openings while nobody waits count as one."""

    def __init__(self, threads: Threads) -> None:
        self._gate = threads.lock()
        self._gate.acquire()
        self._guard = threads.lock()
        self._opened = False

    def open(self) -> None:
        """Wake the waiter, or let its next wait return at once."""
        with self._guard:
            if self._opened:
                return
            self._opened = True
            self._gate.release()

    def wait(self, timeout_s: float) -> bool:
        """Wait for an opening and take it; False when the time ran out first."""
        if not self._gate.acquire(timeout=max(timeout_s, 0)):
            return False
        with self._guard:
            self._opened = False
        return True
