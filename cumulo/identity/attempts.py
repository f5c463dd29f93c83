"""How often somebody may be wrong: who failed too often from one address waits before the next attempt.

The count is kept by what was *named*, not by whether there is such a user: whoever is made to wait learns nothing.
It is kept in this process's memory; several processes allow as many times as much. A right answer forgets it. That
one address cannot lock a user out everywhere is why the address belongs to the key; the lockout of a user wherever
the attempts come from is another thing, and an option of its own.
"""

import collections
import dataclasses
import math

from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.clock import Clock

MOST_KEYS = 100_000


@dataclasses.dataclass
class _Count:
    failures: int
    forget_at: float


class Attempts:
    """The failed logins of the last while, in this process."""

    def __init__(self, conf: cfg.ConfigOpts, clock: Clock) -> None:
        self._conf = conf
        self._clock = clock
        self._counts: collections.OrderedDict[str, _Count] = collections.OrderedDict()

    def check(self, key: str) -> None:
        """Raise TooManyRequests while the key has failed too often; before anything is verified."""
        most: int = self._conf.identity.failed_logins_max
        count = self._counts.get(key)
        wait_s = count.forget_at - self._clock.monotonic() if count else 0.0
        if count is not None and most and count.failures >= most and wait_s > 0:
            raise errors.TooManyRequests("Too many failed attempts to log in. Wait.", retry_after_s=math.ceil(wait_s))

    def failed(self, key: str) -> None:
        """Count a failure."""
        now = self._clock.monotonic()
        count = self._counts.pop(key, None)
        if count is None or count.forget_at <= now:
            count = _Count(0, now + self._conf.identity.failed_logins_window_s)
        count.failures += 1
        self._counts[key] = count
        while len(self._counts) > MOST_KEYS:
            self._counts.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures."""
        self._counts.pop(key, None)
