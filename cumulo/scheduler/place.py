"""Placement: a pure function from a snapshot of the hosts to one of them, or a refusal that says why.

The plan takes effect in `steps.py`, by compare-and-set on the chosen host's
generation; when that fails, a fresh snapshot is placed again.
"""

from collections.abc import Sequence

from cumulo.common import errors
from cumulo.scheduler import fitting, weights
from cumulo.scheduler.filters import FILTERS, Host, Limits, Request


def place(hosts: Sequence[Host], request: Request, limits: Limits, *, seed: int) -> Host:
    """Return the host to use; NoValidHost tells, filter by filter, how many hosts each removed."""
    left = list(hosts)
    removed: dict[str, int] = {}
    for fits in FILTERS:
        before = len(left)
        left = [host for host in left if fits(host, request, limits)]
        if len(left) < before:
            removed[fits.__name__] = before - len(left)
    if not left:
        raise errors.NoValidHost(_refusal(len(hosts), removed), removed=removed)
    return weights.best(left, request, seed)


def plan_place(hosts: Sequence[Host], request: Request, limits: Limits, *, seed: int) -> tuple[Host, Request]:
    """Return the host to use, and the request with what it gets of that host for itself."""
    host = place(hosts, request, limits, seed=seed)
    return host, fitting.fitted(host, request, limits)


def _refusal(count: int, removed: dict[str, int]) -> str:
    reasons = ", ".join(f"{name} removed {number}" for name, number in removed.items())
    return f"No valid host: {count} host{'' if count == 1 else 's'}{'; ' if reasons else ''}{reasons}"
