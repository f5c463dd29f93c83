"""Times in the form each API uses; all are UTC, all come from epoch seconds."""

import datetime

from cumulo.api.wsgi.route import Request
from cumulo.common import errors


def _utc(epoch_s: float, precision: str) -> str:
    """The time without its zone. strftime takes fifty times as long, and a page of servers holds thousands of times."""
    return datetime.datetime.fromtimestamp(epoch_s, datetime.UTC).isoformat(timespec=precision)[:-len("+00:00")]


def iso_z(epoch_s: float | None) -> str | None:
    """Return 2026-01-31T10:00:00Z: compute's created and updated, image, network."""
    return None if epoch_s is None else f"{_utc(epoch_s, 'seconds')}Z"


def iso_micro(epoch_s: float | None) -> str | None:
    """Return 2026-01-31T10:00:00.000000: compute's usage and actions, volume."""
    return None if epoch_s is None else _utc(epoch_s, "microseconds")


def iso_micro_z(epoch_s: float | None) -> str | None:
    """Return 2026-01-31T10:00:00.000000Z: identity."""
    return None if epoch_s is None else f"{_utc(epoch_s, 'microseconds')}Z"


def parse(text: str) -> float:
    """Return the epoch seconds of an ISO 8601 time, UTC where it names no zone; raises ValueError."""
    moment = datetime.datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


def query(request: Request, name: str) -> float | None:
    """Return the time that a query parameter holds, None where it is not there; raises BadRequest."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return parse(text)
    except (ValueError, OverflowError) as failure:
        raise errors.BadRequest(f"Invalid {name}: {text[:64]!r} is not an ISO 8601 time.") from failure
