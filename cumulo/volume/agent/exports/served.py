"""Exports by a program that serves them: what is written down, and what the program does, are brought together."""

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

from cumulo.common import errors, log
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import Copying
from cumulo.volume.agent.exports.interface import Export, Target
from cumulo.volume.agent.exports.records import Records

LOG = log.get(__name__)
PASSWORD_LENGTH = 24


class ServedExports:
    """Implements cumulo.volume.agent.exports.interface.Exports."""

    def __init__(self, target: Target, records: Records, ids: Ids, threads: Threads) -> None:
        self._target = target
        self._records = records
        self._ids = ids
        self._lock = threads.lock()

    def capabilities(self) -> dict[str, Any]:
        """Return what the program offers."""
        return self._target.capabilities()

    def open(self, volume_id: str, source: dict[str, Any]) -> dict[str, Any]:
        """Write it down, then have it served."""
        with self._lock:
            try:
                export = self._records.get(volume_id)
            except errors.NotFound:
                export = Export(volume_id, source["path"], *self._credentials(volume_id), format=source.get("format", "raw"))
                self._records.put(export)
            self._restart()
            self._target.add(export)
        return self._target.connection(volume_id)

    def withdraw(self, volume_id: str) -> None:
        """Have it served no more, then forget it."""
        with self._lock:
            if volume_id in self._target.held():
                self._target.drop(volume_id)
            self._records.remove(volume_id)
            self._rest()

    def grown(self, volume_id: str) -> None:
        """Serve it anew: its clients connect again by themselves, and find the size that it has now."""
        with self.closed(volume_id):
            pass

    @contextlib.contextmanager
    def closed(self, volume_id: str) -> Iterator[None]:
        """Have it served no more until the block ends: its clients try to connect again until then."""
        with self._lock:
            is_served = volume_id in self._target.held()
            if is_served:
                self._target.drop(volume_id)
            try:
                yield
            finally:
                if is_served:
                    self._target.add(self._records.get(volume_id))

    def can_copy(self) -> bool:
        """Say what the program says."""
        return self._target.can_copy()

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Have the program copy it, where it serves it."""
        with self._lock:
            if volume_id not in self._target.held():
                raise errors.Retry("the program that serves the volume is being started")
            return self._target.copy(volume_id, target, begin)

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """Have it end that; one that does not run copies nothing."""
        with self._lock:
            if volume_id in self._target.held():
                self._target.stop_copying(volume_id, target)

    def wanted(self) -> tuple[str, ...]:
        """Return what is written down."""
        return self._records.names()

    def held(self) -> tuple[str, ...]:
        """Return what the program says that it serves."""
        return self._target.held()

    def keep(self) -> None:
        """Start the program where it has died, and compare."""
        with self._lock:
            wanted = self._records.names()
            if not wanted:
                self._rest()
                return
            self._restart()
            held = self._target.held()
            for volume_id in sorted(set(held) - set(wanted)):
                self._target.drop(volume_id)
                LOG.info("export_removed", volume=volume_id)
            for volume_id in sorted(set(wanted) - set(held)):
                self._target.add(self._records.get(volume_id))
                LOG.info("export_made_again", volume=volume_id)

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return what is written down."""
        export = self._records.get(volume_id)
        return {"user": export.user, "password": export.password} if export.password else {}

    def _restart(self) -> None:
        """Have the program run with everything that it served before, so that no guest waits longer than it must."""
        if self._target.ensure():
            for volume_id in self._records.names():
                self._target.add(self._records.get(volume_id))
            LOG.info("export_program_started", kind=self._target.kind)

    def _rest(self) -> None:
        """End the program when nothing is left to serve: a host that is given up keeps nothing running."""
        if not self._records.names():
            self._target.stop()

    def _credentials(self, volume_id: str) -> tuple[str, str]:
        if not self._target.has_secrets():
            return "", ""
        return volume_id, self._ids.password(PASSWORD_LENGTH)
