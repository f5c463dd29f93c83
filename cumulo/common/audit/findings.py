"""Findings as rows: whose turn it is to gather, what was seen and for how long, what counts.

    begin     takes the turn, unless another copy has had it lately
    record    notes what a gathering saw, if the turn is still ours
    report    what there is to tell a person

A difference counts once two gatherings a minute apart have seen it and none between them has
missed it: what is under way for a moment never does.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common.audit.difference import Difference
from cumulo.common.db.tables.audit import audit_finding, audit_run

MINUTE_S = 60.0
THE_ROW = 1
_NEVER_RUN: dict[str, Any] = {"turn": 0, "due": 0.0, "finished_at": None, "took_s": None, "unheard": []}

Made = Mapping[str, dict[str, Any]]
"""The newest operation of each resource, by the resource's id."""


@dataclasses.dataclass(frozen=True)
class Report:
    """The last gathering (age_s None: there was none) and its findings, oldest first; young ones do not count yet."""

    age_s: float | None
    took_s: float | None
    unheard: tuple[dict[str, str], ...]
    differences: tuple[dict[str, Any], ...]
    young: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)


def begin(connection: sa.Connection, now: float, interval_s: float, *, force: bool = False) -> int | None:
    """Take the turn and return its number; None when another copy has it. force takes it all the same."""
    row = _run(connection)
    if row["due"] > now and not force:
        return None
    turn = int(row["turn"]) + 1
    # Compare-and-set: of two copies that read the same row one finds it changed.
    seen = (audit_run.c.id == THE_ROW, audit_run.c.turn == row["turn"])
    taken = connection.execute(sa.update(audit_run).where(*seen).values(turn=turn, due=now + interval_s))
    return turn if taken.rowcount == 1 else None


def _run(connection: sa.Connection) -> Mapping[str, Any]:
    row = _last_run(connection)
    if row is None:
        _insert_row(connection)
    return row or _NEVER_RUN


def _last_run(connection: sa.Connection) -> dict[str, Any] | None:
    row = connection.execute(sa.select(audit_run)).mappings().first()
    return None if row is None else dict(row)


def _insert_row(connection: sa.Connection) -> None:
    """Insert the row, once in the life of a database; two first turns may meet here."""
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(audit_run).values(_NEVER_RUN | {"id": THE_ROW}))
    except IntegrityError:
        return  # it is there now, which is what was wanted


def record(connection: sa.Connection, now: float, turn: int, differences: Sequence[Difference], made: Made, *,
           unheard: Sequence[dict[str, str]], took_s: float) -> bool:
    """Note what the gathering of this turn saw; False, and nothing written, when a newer turn has begun."""
    mine = (audit_run.c.id == THE_ROW, audit_run.c.turn == turn)
    ended = {"finished_at": now, "took_s": took_s, "unheard": list(unheard)}
    if connection.execute(sa.update(audit_run).where(*mine).values(ended)).rowcount != 1:
        return False
    known = {row["id"]: dict(row) for row in connection.execute(sa.select(audit_finding)).mappings()}
    seen = {each.id: each for each in differences}
    silent = {each["target"] for each in unheard}
    for finding_id, row in known.items():
        if finding_id not in seen and not silent.intersection(row["heard"]):
            connection.execute(sa.delete(audit_finding).where(audit_finding.c.id == finding_id))
    for finding_id, each in seen.items():
        _note(connection, now, known.get(finding_id), each, made.get(each.resource_id))
    return True


def _note(connection: sa.Connection, now: float, known: Mapping[str, Any] | None, seen: Difference,
          operation: dict[str, Any] | None) -> None:
    values: dict[str, Any] = {"one": seen.one, "other": seen.other, "heard": list(seen.heard), "operation": operation,
                              "last_seen": now}
    if known is None:
        connection.execute(sa.insert(audit_finding).values(
            values | {"id": seen.id, "kind": seen.kind, "subject": seen.subject[:255], "host": seen.host,
                      "first_seen": now, "times": 1}))
    else:
        is_it = audit_finding.c.id == seen.id
        connection.execute(sa.update(audit_finding).where(is_it).values(values | {"times": known["times"] + 1}))


def report(connection: sa.Connection, now: float) -> Report:
    """What the last gathering came to."""
    run = _last_run(connection) or _NEVER_RUN
    rows = connection.execute(sa.select(audit_finding).order_by(audit_finding.c.first_seen, audit_finding.c.id))
    found = [_finding(dict(row), now) for row in rows.mappings()]
    finished = run["finished_at"]
    return Report(None if finished is None else max(0.0, now - finished), run["took_s"], tuple(run["unheard"]),
                  tuple(each for each, counts in found if counts), tuple(each for each, counts in found if not counts))


def _finding(row: Mapping[str, Any], now: float) -> tuple[dict[str, Any], bool]:
    """The finding as it is shown, and whether it counts."""
    shown = {name: row[name] for name in ("kind", "subject", "host", "one", "other", "operation", "times")}
    return shown | {"age_s": max(0.0, now - row["first_seen"])}, row["last_seen"] - row["first_seen"] >= MINUTE_S
