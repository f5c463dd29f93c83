"""What an operation becomes after a step: a pure function of the row, the result and the time.

    result    doing                              undoing
    done      next step; past the last: done     step before; before the first: undone
              (the same, while it repeats)
    retry     same step later, then as failed    same step later, then stuck
    failed    undo, beginning with this step     same step later, then stuck

"Later" backs off from 1 s to 15 s; "then" is when the deadline has passed. The
step that failed is undone too, for it may be half done. A flow that goes
forward only never turns round: its failures are tried again, then it is stuck.
"""

import dataclasses
from typing import Any

from cumulo.common.operations.lease import Operation
from cumulo.common.operations.step import Flow, State

LONGEST_PAUSE_S = 15.0


@dataclasses.dataclass(frozen=True)
class Result:
    """What running a step came to: done with an answer, or retry or failed with a message."""

    kind: str  # done | retry | failed
    answer: State = dataclasses.field(default_factory=dict)
    message: str = ""


@dataclasses.dataclass(frozen=True)
class After:
    """The columns a step's outcome sets."""

    phase: str
    cursor: int
    tries: int
    due: float
    deadline: float
    percent: int
    state: State
    error: str | None

    @property
    def is_finished(self) -> bool:
        """No step is left to run; a stuck operation keeps its lock all the same."""
        return self.phase in ("done", "undone", "stuck")


def is_undo(operation: Operation, flow: Flow) -> bool:
    """Whether the step under the cursor is to be undone: a cancelled operation walks back from any step."""
    return not flow.forward_only and (operation.cancel or operation.phase == "undoing")


def after(
    operation: Operation, flow: Flow, result: Result, *, undo: bool, now: float, undo_deadline_s: float
) -> After:
    """Say what the row becomes; `undo` is what was run, which a cancel since then does not change."""
    step = flow.steps[operation.cursor]
    turned = undo and operation.phase == "doing"  # a cancel met it here: walking back has its own deadline
    deadline = now + undo_deadline_s if turned else operation.deadline
    row = After(
        phase="undoing" if undo else "doing", cursor=operation.cursor, tries=0, due=now, deadline=deadline,
        percent=_percent(operation.cursor, flow), state=operation.state | result.answer, error=operation.error,
    )  # fmt: skip
    if result.kind == "done" and not undo and step.repeats and step.at(row.state) is not None:
        return row
    if result.kind == "done":
        return _step_over(row, flow, -1 if undo else 1)
    message = f"{'undo of ' if undo else ''}{step.name}: {result.message}"
    may_turn = not undo and not flow.forward_only
    if result.kind == "failed" and may_turn:
        return _turn_round(row, message, now + undo_deadline_s)
    if now < deadline:
        pause_s = min(2.0 ** min(operation.tries, 10), LONGEST_PAUSE_S)
        return dataclasses.replace(row, tries=operation.tries + 1, due=now + pause_s)
    message = f"{message} (the deadline has passed)"
    if may_turn:
        return _turn_round(row, message, now + undo_deadline_s)
    return dataclasses.replace(row, phase="stuck", tries=operation.tries, error=_joined(row.error, message))


def past_nowhere(row: After, flow: Flow) -> After:
    """Step over what runs nowhere, as the ports of a server that has none: nothing is to be recorded of it."""
    while not row.is_finished and flow.steps[row.cursor].at(row.state) is None:
        row = _step_over(row, flow, 1)
    return row


def _step_over(row: After, flow: Flow, by: int) -> After:
    cursor = row.cursor + by
    phase = row.phase
    if not 0 <= cursor < len(flow.steps):
        phase = "done" if by > 0 else "undone"
    return dataclasses.replace(row, phase=phase, cursor=cursor, percent=_percent(cursor, flow))


def _turn_round(row: After, message: str, deadline: float) -> After:
    return dataclasses.replace(row, phase="undoing", error=_joined(row.error, message), deadline=deadline)


def _percent(cursor: int, flow: Flow) -> int:
    return 100 * max(0, min(cursor, len(flow.steps))) // len(flow.steps)


def _joined(earlier: str | None, message: str) -> str:
    """Keep the first cause in front: what an undo met afterwards does not replace it."""
    return f"{earlier}; {message}" if earlier else message


def as_columns(row: After, now: float) -> dict[str, Any]:
    """The values to write: an operation that ended frees its resource, unless it is stuck."""
    columns = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    columns["updated_at"] = now
    if row.is_finished:
        columns["finished_at"] = now
    if row.phase in ("done", "undone"):
        columns["active_key"] = None
    return columns
