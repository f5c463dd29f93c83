"""Removing from a target what is no backup and never will be: chunks that an agent which died had sent late.

What is whole stays, whether this cloud knows of it or not: a cloud that has lost its database finds its backups again. The
audit names it. What is half made, and named by no row, was given up; it is removed once nobody has written to it for a while.
"""

from typing import Any

from cumulo.common import errors, log
from cumulo.common.runtime import Runtime
from cumulo.volume.agent.backup.vault import Vault

LOG = log.get(__name__)
SWEEP_EVERY_S = 600.0
LEFT_ALONE_S = 3600.0
TIMEOUT_S = 10.0
MOST_AT_ONCE = 500


class Sweeper:
    """Sweeps the target of one agent."""

    def __init__(self, runtime: Runtime, vault: Vault) -> None:
        self._runtime = runtime
        self._vault = vault

    def run_once(self) -> int:
        """Remove what nobody needs; return how many. Names first: a row is there before what it names."""
        left = list(self._vault.held().partial)[:MOST_AT_ONCE]
        if not left:
            return 0
        needed = set(self._runtime.bus.call("scheduler", "backups_needed", {"locations": left}, timeout_s=TIMEOUT_S))
        newest = self._runtime.clock.now() - LEFT_ALONE_S
        orphans = [each for each in left if each not in needed and self._vault.changed_at(each) < newest]
        for each in orphans:
            self._vault.delete(each)
            LOG.info("half_made_backup_removed", location=each)
        return len(orphans)

    def run_forever(self, stopping: Any) -> None:
        """Sweep until the event is set."""
        while not stopping.wait(SWEEP_EVERY_S):
            try:
                self.run_once()
            except errors.CumuloError as failure:
                LOG.warning("backups_not_swept", place=self._vault.target.place, reason=failure)
