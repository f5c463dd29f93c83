"""How every service is: its age, when it was last heard, and whether it hears - proved, not guessed.

The proof is a call through the bus to the queue the service takes its work from, and its answer back.
What a service merely reported about itself is not used for it.
"""

import dataclasses
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import service_status
from cumulo.common.runtime import Runtime

ANSWER_TIMEOUT_S = 5.0


@dataclasses.dataclass(frozen=True)
class Health:
    """One service; times in seconds, None where unknown."""

    service: str
    host: str
    age_s: float | None
    last_heartbeat_s_ago: float | None
    hears: bool
    round_trip_s: float | None
    detail: str = ""


def gather(runtime: Runtime, database: Database) -> list[dict[str, Any]]:
    """Return the health of every service, as JSON-ready rows; asks them all at the same time."""
    questions: list[Callable[[], Health]] = [lambda: _api(runtime)]
    with database.read() as connection:
        now = database.now(connection)
        rows = connection.execute(sa.select(service_status).order_by(service_status.c.kind)).mappings().all()
    kinds = {row["kind"] for row in rows}
    if not any("scheduler" in kind for kind in kinds):
        questions.append(lambda: _by_bus(runtime, "scheduler", runtime.host, "scheduler", None, None))
    for row in rows:
        questions.append(_question(runtime, dict(row), now))
    return [dataclasses.asdict(health) for health in _all_at_once(runtime, questions)]


def _question(runtime: Runtime, row: dict[str, Any], now: float) -> Callable[[], Health]:
    kind = str(row["kind"]).removeprefix("cumulo-")
    target = "scheduler" if kind == "scheduler" else f"{kind}.{row['host']}"
    return lambda: _by_bus(runtime, kind, row["host"], target, now - row["started_at"], now - row["last_seen"])


def _by_bus(runtime: Runtime, kind: str, host: str, target: str, age_s: float | None,
            heartbeat_s: float | None) -> Health:
    began = runtime.clock.monotonic()
    try:
        said = runtime.bus.call(target, "ping", {}, timeout_s=ANSWER_TIMEOUT_S)
    except errors.CumuloError as failure:
        return Health(kind, host, age_s, heartbeat_s, False, None, failure.message)
    return Health(kind, host, age_s, heartbeat_s, True, runtime.clock.monotonic() - began, said.get("detail", ""))


def _api(runtime: Runtime) -> Health:
    """The API takes no work from the bus; its round trip is an HTTP request."""
    conf = runtime.conf
    url = f"http://{conf.api.listen}:{conf.api.port}/"
    began = runtime.clock.monotonic()
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=ANSWER_TIMEOUT_S):
            return Health("api", conf.host, None, None, True, runtime.clock.monotonic() - began, "over HTTP")
    except (OSError, urllib.error.URLError) as failure:
        return Health("api", conf.host, None, None, False, None, f"{url}: {failure}")


def _all_at_once(runtime: Runtime, questions: list[Callable[[], Health]]) -> list[Health]:
    answers: dict[int, Health] = {}

    def ask(number: int, question: Callable[[], Health]) -> None:
        answers[number] = question()

    threads = [runtime.threads.spawn(ask, number, question) for number, question in enumerate(questions)]
    for thread in threads:
        thread.join()
    return [answers[number] for number in sorted(answers)]


def render(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table."""
    cells = [("service", "host", "age", "last heartbeat", "hears", "round trip", "")]
    for row in rows:
        cells.append((
            row["service"], row["host"], _span(row["age_s"]), _span(row["last_heartbeat_s_ago"], " ago"),
            "yes" if row["hears"] else "NO",
            f"{row['round_trip_s'] * 1000:.1f} ms" if row["round_trip_s"] is not None else "-", row["detail"]))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in cells)


def _span(seconds: float | None, suffix: str = "") -> str:
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s{suffix}"
    return f"{whole // 60} min{suffix}" if whole < 7200 else f"{whole // 3600} h{suffix}"
