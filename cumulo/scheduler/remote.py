"""Sending a step to the agent that owns its effect, and saying what the answer means.

    an answer                                     done
    Retry, nobody there, no sign of life          the same step is sent again
    any other error                               failed
    refused as left behind                        LeaseLost: another runner goes on

The agent's signs of life keep a call alive for hours, so the operation's own
deadline is watched here: past it the step counts as unanswered.
"""

from collections.abc import Callable
from typing import Any

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.flows import FLOWS
from cumulo.common.operations.agent import STALE
from cumulo.common.operations.lease import Operation
from cumulo.common.operations.outcome import Result
from cumulo.common.runtime import Runtime

LOG = log.get(__name__)

ANSWER_TIMEOUT_S = 30.0  # for the first sign of life; the agent's heartbeats extend it
SHORTEST_WAIT_S = 60.0  # even an operation past its deadline gives each step this long
PERCENT_EVERY_S = 2.0

_UNANSWERED = (errors.Retry, errors.DeadlineExceeded, errors.ServiceUnavailable, OSError)


Show = Callable[[Operation, int, dict[str, Any]], None]


class Progress:
    """Shows how far the operation is while a step reports its percents, not more often than every 2 s."""

    def __init__(self, operation: Operation, clock: Clock, show: Show) -> None:
        self._operation = operation
        self._clock = clock
        self._show = show
        self._shown_at = clock.monotonic()

    def __call__(self, facts: dict[str, Any]) -> None:
        """Take one report of the agent."""
        percent = facts.get("percent")
        if percent is None or self._clock.monotonic() - self._shown_at < PERCENT_EVERY_S:
            return
        self._shown_at = self._clock.monotonic()
        steps = len(FLOWS[self._operation.flow].steps)
        counts = {name: value for name, value in facts.items() if name != "percent"}
        self._show(self._operation, int((self._operation.cursor * 100 + percent) / steps), counts)


def send(
    runtime: Runtime, operation: Operation, step: str, undo: bool, place: str, progress: Progress
) -> Result:
    """Run a step at its place and return what it came to; LeaseLost when this runner was replaced."""
    arguments = {"operation": operation.id, "epoch": operation.epoch, "step": step, "state": operation.state,
                 "undo": undo, "resource": operation.resource_id}  # fmt: skip
    context = Context(
        request_id=operation.request_id, user_id=operation.user_id, project_id=operation.project_id
    )
    patience_s = max(operation.deadline - runtime.clock.now(), SHORTEST_WAIT_S)
    try:
        answer = runtime.bus.call(place, "run_step", arguments, timeout_s=ANSWER_TIMEOUT_S, context=context,
                                  on_progress=progress, longest_s=patience_s)
    except Exception as error:  # but for the end of the process: then nothing is known of the step
        return _meaning(operation, place, error)
    return Result("done", answer or {})


def _meaning(operation: Operation, place: str, error: Exception) -> Result:
    if isinstance(error, errors.Conflict) and error.kind == STALE:
        raise errors.LeaseLost(error.message, operation=operation.id) from error
    if isinstance(error, _UNANSWERED):
        return Result("retry", message=str(error))
    if isinstance(error, errors.CumuloError):
        return Result("failed", message=error.message)
    LOG.error("call_broken", operation=operation.id, place=place, error=repr(error))
    return Result("failed", message=f"unexpected {type(error).__name__}")
