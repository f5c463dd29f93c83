"""The intervals of the bus in one place, so that tests can run them faster."""

import dataclasses

HEARTBEAT_TIMEOUT_S = 10.0


@dataclasses.dataclass(frozen=True)
class Pace:
    """Seconds between the things a bus does by itself.

    tick_s: how often the keeper looks around; beat_s: a running call tells its caller that it lives;
    silence_s: a caller that hears nothing for so long gives up; ping_s: a message to itself;
    deaf_after_s: without one coming back for so long the bus calls itself deaf (ping_s twice and
    a little, so that one late message is no alarm, and under 15 s in all);
    backoff_first_s, backoff_most_s: the wait before connecting again.
    """

    tick_s: float = 1.0
    beat_s: float = HEARTBEAT_TIMEOUT_S / 5
    silence_s: float = HEARTBEAT_TIMEOUT_S
    ping_s: float = 5.0
    deaf_after_s: float = 12.0
    backoff_first_s: float = 0.2
    backoff_most_s: float = 5.0


def pace_of(silence_s: float) -> Pace:
    """Return the pace of a service whose callers give up after so much silence; all of a cloud's have the same."""
    beat_s = silence_s / 5
    return Pace(tick_s=min(Pace.tick_s, beat_s), beat_s=beat_s, silence_s=silence_s)


def backoff_s(pace: Pace, attempt: int, chance: float) -> float:
    """Return the wait before connecting attempt number 1, 2, ...; chance in [0, 1) spreads it over half its length.

    Doubling keeps a dead broker from being hammered; the spread keeps a fleet from returning at once.
    """
    longest = min(pace.backoff_most_s, pace.backoff_first_s * 2 ** min(attempt - 1, 30))
    return longest * (0.5 + chance / 2)
