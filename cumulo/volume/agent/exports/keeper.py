"""Keeping a host's exports as they have to be: daemons that died are started again, and what nobody needs goes.

What is needed the scheduler tells, which knows the attachments. Names first: a volume's attachment is there before its
export is. What is about to be changed is asked for again while no step works at the volume.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cumulo.common import errors, log
from cumulo.common.runtime import Runtime
from cumulo.volume.agent.backend import Backend
from cumulo.volume.agent.exports.interface import Exports
from cumulo.volume.agent.turns import Turns

LOG = log.get(__name__)
KEEP_EVERY_S = 1.0
COMPARE_EVERY_S = 5.0

Needed = Callable[[], Mapping[str, Mapping[str, bool]]]
"""Volume id -> {host@backend: whether a server has it there}, of every volume that somebody may open."""


class Keeper:
    """Looks after the exports of one host."""

    def __init__(self, runtime: Runtime, backends: Mapping[str, Backend], exports: Mapping[str, Exports], turns: Turns,
                 needed: Needed) -> None:
        self._runtime = runtime
        self._backends = backends
        self._exports = exports
        self._turns = turns
        self._needed = needed
        self._compared_at: float | None = None
        self._awake = runtime.threads.event()

    def wake(self) -> None:
        """Compare at once."""
        self._compared_at = None
        self._awake.set()

    def run_forever(self, stopping: Any) -> None:
        """Look every second whether what serves is alive, and every few whether it serves what it has to."""
        while not stopping.is_set():
            try:
                self.run_once()
            except (errors.CumuloError, OSError) as failure:
                LOG.warning("exports_not_kept", reason=failure)
            except Exception:  # this thread must outlive any one failure
                LOG.exception("exports_not_kept")
            self._awake.wait(KEEP_EVERY_S)
            self._awake.clear()

    def run_once(self) -> None:
        """Keep, and compare where it is time to."""
        for _, each in sorted(self._exports.items()):
            each.keep()
        now = self._runtime.clock.monotonic()
        if self._compared_at is None or now - self._compared_at >= COMPARE_EVERY_S:
            self._compared_at = now  # first: who wakes it meanwhile means what comes then
            self.compare()

    def compare(self) -> None:
        """Take away what is not needed, and make what is missing."""
        there = {name: each.wanted() for name, each in sorted(self._exports.items())}
        needed = self._needed()
        for name, volume_ids in there.items():
            for volume_id in volume_ids:
                if not _is_of(needed, volume_id, name):
                    self._withdraw(name, volume_id)
            for volume_id in sorted(needed):
                if _is_attached(needed, volume_id, name) and volume_id not in volume_ids:
                    self._open(name, volume_id)

    def _withdraw(self, name: str, volume_id: str) -> None:
        with self._turns.alone(volume_id):
            if not _is_of(self._needed(), volume_id, name):
                self._exports[name].withdraw(volume_id)
                LOG.info("export_withdrawn", volume=volume_id)

    def _open(self, name: str, volume_id: str) -> None:
        with self._turns.alone(volume_id):
            if _is_attached(self._needed(), volume_id, name):
                host = self._runtime.host
                self._exports[name].open(volume_id, self._backends[name].connection(volume_id, host, host))
                LOG.info("export_made_again", volume=volume_id)


def _is_of(needed: Mapping[str, Mapping[str, bool]], volume_id: str, name: str) -> bool:
    return any(each.rpartition("@")[2] == name for each in needed.get(volume_id, ()))


def _is_attached(needed: Mapping[str, Mapping[str, bool]], volume_id: str, name: str) -> bool:
    return any(there for each, there in needed.get(volume_id, {}).items() if each.rpartition("@")[2] == name)
