"""How an agent runs a step of an operation: one run at a time for a resource, never for a runner that was replaced.

A message may come late, or twice, and the runner sends a step again whenever no answer came. So
these meet here, and each has one answer:

    the same step, already in flight              joined: all senders get the one answer
    another step of the resource, in flight       Retry: the sender asks again later
    a step that its operation has left behind     refused: the database says so, before anything is done

The last two close the door together: what is confirmed to be current cannot be left behind before
it ends, for whatever comes next for the resource on this host waits for it. Nothing of this is
remembered, so a restart of the agent opens nothing (doc/design/0004-steps-are-confirmed.md).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from cumulo.common import boundary, errors, log
from cumulo.common.clock import Clock
from cumulo.common.operations.step import State
from cumulo.common.threads import Threads

LOG = log.get(__name__)

CONFIRM_TIMEOUT_S = 15.0
STALE = "StaleEpoch"

StepFunction = Callable[[State, Any], State | None]
"""do(state, call) or undo(state, call): `call.progress({"percent": n})` reports how far it is."""

Confirm = Callable[[str, int], None]
"""confirm(operation, epoch): raises Conflict of the kind STALE unless the database holds the operation at that epoch."""


class Caller(Protocol):
    """The one thing of the bus that confirming needs."""

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        """Ask a service and return its answer."""


def asking(bus: Caller) -> Confirm:
    """Confirm steps by asking the scheduler, any copy of which reads the database."""
    def confirm(operation: str, epoch: int) -> None:
        arguments = {"operation": operation, "epoch": epoch}
        bus.call("scheduler", "confirm_step", arguments, timeout_s=CONFIRM_TIMEOUT_S)

    return confirm


@dataclasses.dataclass
class _Run:
    """A step in flight; `done` is set when `answer` or `error` holds what came of it."""

    key: tuple[str, str, bool]
    done: Any
    answer: State | None = None
    error: BaseException | None = None


class StepServer:
    """Serves `run_step` for one agent process; `steps` maps a step's name to its (do, undo)."""

    def __init__(
        self, steps: Mapping[str, tuple[StepFunction, StepFunction]], clock: Clock, threads: Threads, confirm: Confirm
    ) -> None:
        self._steps = steps
        self._clock = clock
        self._threads = threads
        self._confirm = confirm
        self._lock = threads.lock()
        self._running: dict[str, _Run] = {}  # by resource

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The RPC methods to serve at the agent's target."""
        return {"run_step": self.run_step}

    def run_step(
        self, call: Any, operation: str, epoch: int, step: str, state: State, undo: bool, resource: str = ""
    ) -> State:
        """Run a step of an operation, or join its run in flight; the answer joins the operation's state."""
        if step not in self._steps:
            raise errors.InternalError(f"This agent has no step {step}.")
        resource = resource or operation
        run, mine = self._enter(resource, (operation, step, undo))
        if mine:
            self._run(run, resource, epoch, call, state)
        else:
            run.done.wait()
        if run.error is not None:
            raise run.error if mine or not _is_stale(run.error) else errors.Retry("Another sender's turn was over.")
        return run.answer or {}

    def _enter(self, resource: str, key: tuple[str, str, bool]) -> tuple[_Run, bool]:
        """Return the run to wait for, and whether the caller is the one who performs it."""
        with self._lock:
            run = self._running.get(resource)
            if run is None:
                run = self._running[resource] = _Run(key, self._threads.event())
                return run, True
            if run.key != key:
                raise errors.Retry(f"{run.key[1]} is still running here.")
            return run, False

    def _run(self, run: _Run, resource: str, epoch: int, call: Any, state: State) -> None:
        operation, step, undo = run.key
        started = self._clock.monotonic()
        try:
            self._confirm(operation, epoch)
            function = self._steps[step][1 if undo else 0]
            run.answer = boundary.run(step, undo, operation, lambda: function(dict(state), call))
        except BaseException as error:  # handed to every caller that joined, then raised there
            run.error = error
            _log_failure(operation, step, undo, error)
        finally:
            with self._lock:
                del self._running[resource]
            run.done.set()
        took_s = round(self._clock.monotonic() - started, 3)
        LOG.info("step_ended", operation=operation, step=step, undo=undo, ok=run.error is None, took_s=took_s)


def _is_stale(error: BaseException) -> bool:
    return isinstance(error, errors.Conflict) and error.kind == STALE


def _log_failure(operation: str, step: str, undo: bool, error: BaseException) -> None:
    """A trace for what nobody foresaw; a typed error travels to the runner, which logs it."""
    if not isinstance(error, errors.CumuloError):
        LOG.exception("step_failed", operation=operation, step=step, undo=undo)
