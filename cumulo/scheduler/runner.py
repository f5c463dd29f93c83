"""The runner: claims due operations, runs the step under the cursor, records what came of it.

    claim (epoch + 1, lease)  ->  run the step  ->  record under that epoch (epoch + 1)  ->  next step ...

A local step runs in the transaction that records it. A remote step is one RPC to
the agent that owns the effect, sent with no transaction open (`remote.py`). No
answer means that the same step is sent again. What a row becomes is decided in
`cumulo/common/operations/outcome.py`; any number of runners may share a database.
"""

import contextlib

import sqlalchemy as sa

from cumulo.common import boundary, errors, log
from cumulo.common.db.engine import Database
from cumulo.common.flows import FLOWS
from cumulo.common.operations import lease, outcome, store
from cumulo.common.operations.lease import Operation
from cumulo.common.operations.outcome import Result
from cumulo.common.operations.step import SCHEDULER, State, Step
from cumulo.common.rpc import doorbell
from cumulo.common.runtime import Runtime
from cumulo.scheduler import fences, finish, moving, remote, steps

LOG = log.get(__name__)

REPLANS = 20  # conflicts with other copies before a claim waits its turn like any other retry


class Runner:
    """Runs operations in one process, several at a time."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._runtime = runtime
        self._database = database
        self._options = runtime.conf.scheduler
        self._services = steps.Services(
            runtime.conf, database, runtime.ids, runtime.clock, runtime.clock.monotonic()
        )
        self._fences = fences.Fences(runtime, database)
        self._wake = runtime.threads.event()
        self._stopping = runtime.threads.event()
        # Plans that this process makes one after another are never outdated by one another, only by other copies'.
        self._placing = runtime.threads.lock()
        self._held: dict[str, int] = {}  # operation id -> epoch, of what runs here now

    def wake(self) -> None:
        """Look for due operations at once."""
        self._wake.set()

    def run_forever(self) -> None:
        """Claim and run operations until stop(): at each bell, when one is due, and every few seconds."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                pause_s = self.run_once()
            except errors.DatabaseUnavailable:
                pause_s = self._options.poll_s
            except Exception:  # this thread must outlive whatever one round meets
                LOG.exception("runner_failed")
                pause_s = self._options.poll_s
            if pause_s > 0:
                self._wake.wait(pause_s)

    def renew_forever(self) -> None:
        """Keep the leases of what runs here, until stop()."""
        while not self._stopping.wait(self._options.lease_s / 3):
            try:
                self.renew()
            except errors.DatabaseUnavailable as error:  # tried again at the next third of the lease
                LOG.warning("lease_not_renewed", reason=error)
            except Exception:
                LOG.exception("lease_not_renewed")

    def stop(self) -> None:
        """Claim no more, and let go of what still waits for an agent: another copy joins it there."""
        self._stopping.set()
        self._wake.set()
        if self._held:
            with self._database.write() as connection:
                lease.release(connection, dict(self._held))

    def run_once(self) -> float:
        """Start every due operation there is room for; return the seconds until it is worth looking again."""
        room = self._options.workers - len(self._held)
        if room <= 0:
            return self._options.poll_s  # whoever ends wakes this loop
        with self._database.read() as connection:
            now = self._database.now(connection)
            due = lease.next_due(connection, now, FLOWS)
        if due is None or due > now:
            return self._options.poll_s if due is None else min(due - now, self._options.poll_s)
        claimed = self.claim(room)
        for operation in claimed:
            self._runtime.threads.spawn(self._work, operation, name=f"operation {operation.id}")
        return 0.0 if claimed else self._options.poll_s

    def claim(self, limit: int) -> list[Operation]:
        """Claim due operations; each one must be handed to run()."""
        with self._database.write() as connection:
            now = self._database.now(connection)
            claimed = lease.claim_due(
                connection, now, flows=FLOWS, lease_s=self._options.lease_s, limit=limit,
                new_deadline_s=self._options.undo_deadline_s,
            )  # fmt: skip
            for operation in claimed:
                self._event_begins(connection, operation, now, is_first=operation.cursor == 0 and operation.epoch == 1)
        self._held |= {operation.id: operation.epoch for operation in claimed}
        return claimed

    def renew(self) -> None:
        """Extend the leases of what runs here."""
        held = dict(self._held)
        if not held:
            return
        with self._database.write() as connection:
            lease.renew(connection, self._database.now(connection), self._options.lease_s, held)

    def _work(self, operation: Operation) -> None:
        try:
            self.run(operation)
        except errors.LeaseLost:
            LOG.warning("lease_lost", operation=operation.id, flow=operation.flow)
        except errors.DatabaseUnavailable as error:  # the lease runs out, then the step is run again
            LOG.warning("outcome_not_recorded", operation=operation.id, flow=operation.flow, reason=error)
        finally:
            self._held.pop(operation.id, None)
            self._wake.set()

    def run(self, operation: Operation) -> None:
        """Run steps of a claimed operation until it ends or has to wait."""
        current: Operation | None = operation
        while current is not None:
            current = self.advance(current)
            if current is not None:
                self._held[current.id] = current.epoch

    def advance(self, operation: Operation) -> Operation | None:
        """Run one step and record it; return the operation under its next epoch, None when it is let go."""
        flow = FLOWS[operation.flow]
        step = flow.steps[operation.cursor]
        undo = outcome.is_undo(operation, flow)
        place = step.at(operation.state)
        boundary.about(operation.flow, step.name, undo, operation.id)
        if place == SCHEDULER:
            return self._local(operation, step, undo)
        if place is None:
            return self._record(operation, undo, Result("done"))
        host = self._fences.holds(place)
        if host is not None:
            return self._let_go(operation, step, undo, place, host)
        self._before_sending(operation, step, undo)
        return self._record(operation, undo, self._send(operation, step, undo, place))

    def _let_go(self, operation: Operation, step: Step, undo: bool, place: str, host: str) -> Operation | None:
        """Record what becomes of a step at a host that is down."""
        if not undo and not FLOWS[operation.flow].forward_only:
            return self._record(operation, undo, Result("failed", message=f"host {host} was declared down"))
        prepare = steps.BEFORE_SENDING.get((step.name, undo))
        with self._database.write() as connection:
            current = _lock(connection, operation)
            now = self._database.now(connection)
            if prepare is not None:
                prepare(connection, now, steps.Work(operation.flow, operation.state))
            fences.note(connection, now, operation, step.name, undo, place)
            return self._keep(connection, current, undo, Result("done", {"kept": True}), now)

    def _local(self, operation: Operation, step: Step, undo: bool) -> Operation | None:
        """Run a step here, in the transaction that records it."""
        try:
            for _ in range(REPLANS):
                try:
                    with self._placing if step.name in steps.PLACING else contextlib.nullcontext():
                        return self._local_once(operation, step, undo)
                except (steps.PlanOutdated, moving.Outdated):
                    continue
            result = Result("retry", message="the hosts keep changing")
        except errors.LeaseLost:
            raise
        except (errors.Retry, errors.DatabaseUnavailable) as error:  # the latter: a deadlock or a lost connection
            result = Result("retry", message=error.message)
        except errors.CumuloError as error:
            result = Result("failed", message=error.message)
        except Exception as error:
            LOG.exception("step_broken", operation=operation.id, step=step.name)
            result = Result("failed", message=f"unexpected {type(error).__name__}")
        return self._record(operation, undo, result)

    def _local_once(self, operation: Operation, step: Step, undo: bool) -> Operation | None:
        local = steps.STEPS[step.name]
        work = steps.Work(operation.flow, operation.state)
        planned = None if undo else local.plan(self._services, operation.state)
        with self._database.write() as connection:
            current = _lock(connection, operation)
            now = self._database.now(connection)

            def effects() -> State:
                return local.undo(connection, now, work) if undo else local.do(connection, now, work, planned)

            answer = boundary.run(step.name, undo, operation.id, effects)
            concerned = local.concerns(connection, work)
            kept = self._keep(connection, current, undo, Result("done", answer), now)
        for target in concerned:
            doorbell.ring(self._runtime.bus, target, f"{target.partition('.')[0]}_changed")
        return kept

    def _before_sending(self, operation: Operation, step: Step, undo: bool) -> None:
        prepare = steps.BEFORE_SENDING.get((step.name, undo))
        if prepare is None:
            return
        with self._database.write() as connection:
            _lock(connection, operation)
            prepare(connection, self._database.now(connection), steps.Work(operation.flow, operation.state))

    def _send(self, operation: Operation, step: Step, undo: bool, place: str) -> Result:
        def show(reported: Operation, percent: int, counts: dict[str, int]) -> None:
            boundary.apart(lambda: self._show_percent(reported, percent, counts))

        progress = remote.Progress(operation, self._runtime.clock, show)
        return remote.send(self._runtime, operation, step.name, undo, place, progress)

    def _show_percent(self, operation: Operation, percent: int, counts: dict[str, int]) -> None:
        with self._database.write() as connection:
            lease.set_percent(connection, operation, percent, counts)

    def _record(self, operation: Operation, undo: bool, result: Result) -> Operation | None:
        with self._database.write() as connection:
            current = _lock(connection, operation)
            return self._keep(connection, current, undo, result, self._database.now(connection))

    def _keep(
        self, connection: sa.Connection, operation: Operation, undo: bool, result: Result, now: float
    ) -> Operation | None:
        """Write the outcome, its event, and what follows from an end; None when nothing is to be run now."""
        flow = FLOWS[operation.flow]
        step = flow.steps[operation.cursor].name
        row = outcome.after(
            operation, flow, result, undo=undo, now=now, undo_deadline_s=self._options.undo_deadline_s
        )
        if result.kind == "done" and not undo and not operation.cancel:
            row = outcome.past_nowhere(row, flow)
        goes_on = not row.is_finished and row.due <= now
        kept = lease.keep(
            connection, operation, outcome.as_columns(row, now),
            leased_until=now + self._options.lease_s if goes_on else 0.0,
        )  # fmt: skip
        if result.kind != "retry" or row.phase == "stuck":
            said = store.SUCCESS if result.kind == "done" else result.message
            lease.event_ends(connection, operation.id, step, undo, said, now)
        if row.is_finished:
            finish.finished(connection, self._runtime.ids, now, kept)
        elif goes_on:
            # But for a step that repeats, nothing goes on to where it has been.
            self._event_begins(connection, kept, now, is_first=kept.cursor != operation.cursor)
        _log(kept, step, undo, result)
        return kept if goes_on else None

    def _event_begins(self, connection: sa.Connection, operation: Operation, now: float, *, is_first: bool) -> None:
        flow = FLOWS[operation.flow]
        step = flow.steps[operation.cursor]
        place = step.at(operation.state)
        if place is not None:
            host = self._runtime.host if place == SCHEDULER else place.partition(".")[2]
            undo = outcome.is_undo(operation, flow)
            lease.event_begins(connection, operation.id, step.name, undo, host, now, is_first=is_first)


def _lock(connection: sa.Connection, operation: Operation) -> Operation:
    """Own the resource and the operation for this transaction; LeaseLost when it is not ours any more."""
    finish.lock_resource(connection, operation)
    return lease.lock(connection, operation)


def _log(kept: Operation, step: str, undo: bool, result: Result) -> None:
    facts = {"operation": kept.id, "request": kept.request_id, "flow": kept.flow, "step": step, "undo": undo}
    if kept.phase == "stuck":
        LOG.error("operation_stuck", **facts, error=kept.error)
    elif result.kind == "failed":
        LOG.warning("step_failed", **facts, error=result.message)
    elif result.kind == "retry":
        LOG.info("step_waits", **facts, reason=result.message, tries=kept.tries)
    else:
        LOG.info("step_done", **facts, phase=kept.phase)
