"""How an agent runs a step of an operation: one run at a time, never for a runner that was replaced.

The runner sends a step again whenever no answer came, so three things can meet
here, and each has one answer:

    an epoch lower than one seen for this operation   refused: its sender lost the lease
    the same step, already in flight                  joined: both senders get the one answer
    another step of the operation, still in flight    Retry: the sender asks again later

The last one keeps an undo from overtaking the `do` that it undoes.
"""

import collections
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from cumulo.common import boundary, errors, log
from cumulo.common.clock import Clock
from cumulo.common.operations.step import State
from cumulo.common.threads import Threads

LOG = log.get(__name__)

EPOCHS_REMEMBERED = 10_000  # about 1 MiB; an operation is long over before it is forgotten

StepFunction = Callable[[State, Any], State | None]
"""do(state, call) or undo(state, call): `call.progress({"percent": n})` reports how far it is."""


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
        self, steps: Mapping[str, tuple[StepFunction, StepFunction]], clock: Clock, threads: Threads
    ) -> None:
        self._steps = steps
        self._clock = clock
        self._threads = threads
        self._lock = threads.lock()
        self._epochs: collections.OrderedDict[str, int] = collections.OrderedDict()
        self._running: dict[str, _Run] = {}

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The RPC methods to serve at the agent's target."""
        return {"run_step": self.run_step}

    def run_step(self, call: Any, operation: str, epoch: int, step: str, state: State, undo: bool) -> State:
        """Run a step of an operation, or join its run in flight; the answer joins the operation's state."""
        if step not in self._steps:
            raise errors.InternalError(f"This agent has no step {step}.")
        run, mine = self._enter(operation, epoch, (operation, step, undo))
        if mine:
            self._run(run, call, dict(state))
        else:
            run.done.wait()
        if run.error is not None:
            raise run.error
        return run.answer or {}

    def _enter(self, operation: str, epoch: int, key: tuple[str, str, bool]) -> tuple[_Run, bool]:
        """Return the run to wait for, and whether the caller is the one who performs it."""
        with self._lock:
            seen = self._epochs.get(operation, 0)
            if epoch < seen:
                raise errors.Conflict(
                    f"Operation {operation} is owned by a later epoch.", kind="StaleEpoch", epoch=epoch, seen=seen
                )
            self._remember(operation, epoch)
            run = self._running.get(operation)
            if run is None:
                run = self._running[operation] = _Run(key, self._threads.event())
                return run, True
            if run.key != key:
                raise errors.Retry(f"{run.key[1]} is still running here.")
            return run, False

    def _remember(self, operation: str, epoch: int) -> None:
        self._epochs[operation] = epoch
        self._epochs.move_to_end(operation)
        while len(self._epochs) > EPOCHS_REMEMBERED:
            self._epochs.popitem(last=False)

    def _run(self, run: _Run, call: Any, state: State) -> None:
        operation, step, undo = run.key
        started = self._clock.monotonic()
        try:
            function = self._steps[step][1 if undo else 0]
            run.answer = boundary.run(step, undo, operation, lambda: function(dict(state), call))
        except BaseException as error:  # handed to every caller that joined, then raised there
            run.error = error
            _log_failure(operation, step, undo, error)
        finally:
            with self._lock:
                del self._running[operation]
            run.done.set()
        took_s = round(self._clock.monotonic() - started, 3)
        LOG.info("step_ended", operation=operation, step=step, undo=undo, ok=run.error is None, took_s=took_s)


def _log_failure(operation: str, step: str, undo: bool, error: BaseException) -> None:
    """A trace for what nobody foresaw; a typed error travels to the runner, which logs it."""
    if not isinstance(error, errors.CumuloError):
        LOG.exception("step_failed", operation=operation, step=step, undo=undo)
