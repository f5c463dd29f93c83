"""The audit's loop: one gathering every interval, made by whichever copy of the scheduler takes the turn."""

from cumulo.common import errors, log
from cumulo.common.audit import findings
from cumulo.common.audit.difference import Difference
from cumulo.common.db.engine import Database
from cumulo.common.runtime import Runtime
from cumulo.scheduler.audit.differences import differences
from cumulo.scheduler.audit.gather import gather, made_by

LOG = log.get(__name__)


class Auditor:
    """Audits for one process."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._runtime = runtime
        self._database = database
        self._interval_s: float = runtime.conf.audit.interval_s
        self._stopping = runtime.threads.event()

    def run_once(self, *, force: bool = False) -> bool:
        """Gather, judge and record; False when another copy has the turn, or took a newer one meanwhile."""
        turn = self._begin(force)
        return turn is not None and self._audit(turn)

    def _begin(self, force: bool) -> int | None:
        with self._database.write() as connection:
            now = self._database.now(connection)
            return findings.begin(connection, now, self._interval_s, force=force)

    def _audit(self, turn: int) -> bool:
        began = self._runtime.clock.monotonic()
        gathered = gather(self._runtime, self._database)
        found = differences(gathered.facts)
        took_s = self._runtime.clock.monotonic() - began
        recorded = self._record(turn, found, gathered.unheard, took_s)
        LOG.info("audited", differences=len(found), unheard=len(gathered.unheard), took_s=round(took_s, 3),
                 recorded=recorded)
        return recorded

    def _record(self, turn: int, found: list[Difference], unheard: list[dict[str, str]], took_s: float) -> bool:
        with self._database.read() as connection:
            made = made_by(connection, found)
        with self._database.write() as connection:
            now = self._database.now(connection)
            return findings.record(connection, now, turn, found, made, unheard=unheard, took_s=took_s)

    def run_forever(self) -> None:
        """Audit until stop(); with an interval of 0 never."""
        while self._interval_s > 0 and not self._stopping.wait(self._interval_s):
            try:
                self.run_once()
            except errors.DatabaseUnavailable as error:
                LOG.warning("audit_failed", reason=error)
            except Exception:  # a bug in a check is no reason to audit never again
                LOG.exception("audit_broken")

    def stop(self) -> None:
        """End run_forever."""
        self._stopping.set()
