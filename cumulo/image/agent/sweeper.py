"""Removing from a host what nobody needs there any more: data of imports that have ended, and of requests that died."""

from typing import Any

from cumulo.common import errors, log
from cumulo.common.runtime import Runtime
from cumulo.image.store.file import FileStore

LOG = log.get(__name__)
SWEEP_EVERY_S = 15.0
TIMEOUT_S = 10.0


class Sweeper:
    """Sweeps one host's staging directory."""

    def __init__(self, runtime: Runtime, staging: FileStore) -> None:
        self._runtime = runtime
        self._staging = staging
        self._wake = runtime.threads.event()
        self._stopping = False

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def stop(self) -> None:
        """End run_forever."""
        self._stopping = True
        self._wake.set()

    def run_once(self) -> int:
        """Remove what is not needed; return how many files. Names first: a row is there before what it names."""
        names = self._staging.names()
        if not names:
            return 0
        asked: dict[str, Any] = {"host": self._runtime.host}
        needed = set(self._runtime.bus.call("scheduler", "staging_needed", asked, timeout_s=TIMEOUT_S))
        orphans = sorted(name for name in names if name.partition(".")[0] not in needed)
        for name in orphans:
            self._staging.delete(name)
            LOG.info("staged_data_removed", name=name)
        return len(orphans)

    def run_forever(self) -> None:
        """Sweep at each bell, and every few seconds."""
        while not self._stopping:
            self._wake.clear()
            try:
                self.run_once()
            except (errors.CumuloError, OSError) as failure:
                LOG.warning("staging_not_swept", reason=failure)
            except Exception:  # this thread must outlive any one failure
                LOG.exception("staging_not_swept")
            self._wake.wait(SWEEP_EVERY_S)
