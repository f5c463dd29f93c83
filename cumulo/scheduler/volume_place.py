"""Which backend takes a volume: a pure function from a snapshot of the backends to one of them, or a refusal.

Each filter is a pure test of one backend, with the name that a refusal shows; their order is that in which it counts.
"""

import dataclasses
import random
from collections.abc import Callable, Sequence

from cumulo.common import errors


@dataclasses.dataclass(frozen=True)
class Backend:
    """One backend of a snapshot: what it may give, what is taken of it, how it is, and what it says of itself."""

    name: str
    generation: int
    room_gib: float
    allocated_gib: int
    total_gib: int
    zone: str
    is_enabled: bool
    silent_s: float  # seconds since its agent was heard; infinite when it never was
    said: frozenset[tuple[str, str]] = frozenset()
    bound_host: str | None = None  # the one host that reaches its volumes; None where every host does


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a volume needs; backend and zone are None when any will do."""

    size_gib: int
    backend: str | None = None  # where what it is made of is
    host: str | None = None  # the only one that can reach it
    zone: str | None = None
    says: tuple[tuple[str, str], ...] = ()  # what its type wants a backend to say
    same_backends: tuple[str, ...] | None = None  # it shall be on one of these
    different_backends: tuple[str, ...] = ()  # it shall be on none of these
    asked_at: float = 0.0
    user_host: str | None = None  # the host of the server that it is made for


@dataclasses.dataclass(frozen=True)
class Limits:
    """How long backends may be silent."""

    silent_limit_s: float


Filter = Callable[[Backend, Wanted, Limits], bool]


def enabled(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """Nobody disabled or froze the backend."""
    return backend.is_enabled


def alive(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """Its agent was heard of late."""
    return backend.silent_s <= limits.silent_limit_s


def source(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """It has, or reaches, what the volume is made of."""
    reaches = wanted.host is None or backend.name.rpartition("@")[0] == wanted.host
    return reaches and (wanted.backend is None or backend.name == wanted.backend)


def zone(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """It is in the availability zone that was asked for."""
    return wanted.zone is None or backend.zone == wanted.zone


def volume_type(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """It says of itself what the volume's type wants."""
    return all(each in backend.said for each in wanted.says)


def same_host(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """It has the volumes that this one shall be with."""
    return wanted.same_backends is None or backend.name in wanted.same_backends


def different_host(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """It has none of the volumes that this one shall be apart from."""
    return backend.name not in wanted.different_backends


def reachable(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """The host of the server that the volume is made for reaches it."""
    return wanted.user_host is None or backend.bound_host in (None, wanted.user_host)


def capacity(backend: Backend, wanted: Wanted, limits: Limits) -> bool:
    """Enough room is left, and no volume gets more than the backend really has."""
    return wanted.size_gib <= backend.total_gib and backend.allocated_gib + wanted.size_gib <= backend.room_gib


FILTERS: tuple[Filter, ...] = (enabled, alive, source, zone, volume_type, same_host, different_host, reachable, capacity)


def place(backends: Sequence[Backend], wanted: Wanted, limits: Limits, *, seed: int) -> Backend:
    """Return the emptiest backend that fits; NoValidHost tells, filter by filter, how many backends each removed."""
    left = list(backends)
    removed: dict[str, int] = {}
    for fits in FILTERS:
        before = len(left)
        left = [each for each in left if fits(each, wanted, limits)]
        if len(left) < before:
            removed[fits.__name__] = before - len(left)
    if not left:
        raise errors.NoValidHost(_refusal(len(backends), removed), removed=removed)
    dice = random.Random(seed)  # among equals each is as likely, so that they fill alike
    return max(left, key=lambda each: (each.room_gib - each.allocated_gib, dice.random()))


def _refusal(count: int, removed: dict[str, int]) -> str:
    reasons = ", ".join(f"{name} removed {number}" for name, number in removed.items())
    return f"No valid backend: {count} backend{'' if count == 1 else 's'}{'; ' if reasons else ''}{reasons}"
