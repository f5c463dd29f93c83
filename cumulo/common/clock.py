"""The time, handed to whoever needs it, so that a simulation can hand out another one."""

import time


class Clock:
    """The machine's clock: epoch seconds, monotonic seconds, sleeping."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let other threads run for so many seconds."""
        time.sleep(seconds)
