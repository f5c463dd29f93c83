"""Copies of volumes that may be in use, each of one moment: the one place where they are made.

    the backend       where it copies in one moment
    the exports       where a program of this host serves the volume and can copy it, whatever its guests do
    the guest's QEMU  where a guest has the volume open: its compute agent has it copied into a file of this host
    this agent        where nobody writes: a copy of a file that has changed meanwhile is thrown away

Who has it open may change at any time, so it is found out each time. Whoever copies is asked again and again; a copy
that an agent's death cut off from us is found again by its file, or begun anew.
"""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.volume_copies import COPIED, COPYING, LOST, Copying
from cumulo.volume.agent.backend import Backend, Copy, SlowBackend
from cumulo.volume.agent.exports.interface import Exports

LOG = log.get(__name__)
POLL_S = 0.2
SETTLED_S = 0.1  # a file system tells times apart by some milliseconds

Users = Callable[[str], Sequence[Mapping[str, Any]]]
"""Who uses a volume, by its id: {"server_id", "host"} of each, null where there is none."""
Ask = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any] | None]
"""Calls a method of a host's compute agent."""
Tell = Callable[[float], None]
ASK_EVERY_S = 5.0


@dataclasses.dataclass(frozen=True)
class Moments:
    """Makes copies of the volumes of one host's backends, whose turn the caller holds.

    is_wanted asks whether what is being made, of this id, is still wanted.
    """

    exports: Mapping[str, Exports]
    users: Users
    ask: Ask
    is_wanted: Callable[[str], bool]
    clock: Clock

    def snapshot(self, backend: Backend, name: str, snapshot_id: str, volume_id: str, tell: Tell) -> None:
        """Keep what a volume of a backend holds; a snapshot that is there stays as it is."""
        copy = self._copy_by_others(backend, name, volume_id, self._watched(snapshot_id, tell))
        if copy is None or not isinstance(backend, SlowBackend):
            backend.snapshot(snapshot_id, volume_id)
        else:
            backend.snapshot_by(copy, snapshot_id, volume_id)

    def clone(self, backend: Backend, name: str, volume_id: str, source_id: str, size_gib: int, tell: Tell) -> None:
        """Make a volume that holds what another one does, and is at least as large."""
        copy = self._copy_by_others(backend, name, source_id, self._watched(volume_id, tell))
        if copy is None or not isinstance(backend, SlowBackend):
            backend.clone(volume_id, source_id, size_gib)
        else:
            backend.clone_by(copy, volume_id, source_id, size_gib)

    def give_up(self, backend: Backend, name: str, volume_id: str, its_id: str) -> None:
        """End the copying of a volume to what is not to be; what there is of it is for the backend to remove."""
        if not isinstance(backend, SlowBackend):
            return
        target = next((each for each in backend.half_made(its_id) if each.exists()), None)
        if target is None:
            return
        exports = self.exports.get(name)
        if exports is not None and exports.can_copy():
            exports.stop_copying(volume_id, target)
            return
        for way in self._guests(volume_id, self.users(volume_id)):
            way.stop(target)

    def _watched(self, its_id: str, tell: Tell) -> Tell:
        """Return what tells how far a copy is, and raises Conflict when nobody wants it any more."""
        asked_at = self.clock.monotonic()

        def watch(percent: float) -> None:
            nonlocal asked_at
            if self.clock.monotonic() - asked_at >= ASK_EVERY_S:
                if not self.is_wanted(its_id):
                    raise errors.Conflict("It is wanted no more.")
                asked_at = self.clock.monotonic()
            tell(percent)

        return watch

    def _copy_by_others(self, backend: Backend, name: str, volume_id: str, tell: Tell) -> Copy | None:
        """Return what copies a volume, or None where its backend does that best."""
        said = backend.capabilities()
        if not isinstance(backend, SlowBackend) or said.get("instant_snapshots") or not said.get("copies_in_use"):
            return None
        exports = self.exports.get(name)
        if exports is not None and exports.can_copy() and volume_id in exports.wanted():
            ways = [_Way(functools.partial(exports.copy, volume_id), functools.partial(exports.stop_copying, volume_id))]
            return lambda source, target: self._have_copied(backend, ways, source, target, tell)
        users = self.users(volume_id)
        if len(users) > 1:
            raise errors.Conflict("The volume is used by several, and no one of them sees what the others write to it.")
        guests = self._guests(volume_id, users)
        return (lambda source, target: self._have_copied(backend, guests, source, target, tell)) if users else None

    def _guests(self, volume_id: str, users: Sequence[Mapping[str, Any]]) -> list["_Way"]:
        """Return those of the users that are servers of a host."""
        return [self._guest(each["server_id"], each["host"], volume_id) for each in users if each["server_id"] and each["host"]]

    def _guest(self, server_id: str, host: str, volume_id: str) -> "_Way":
        def of(target: pathlib.Path) -> dict[str, Any]:
            return {"server_id": server_id, "volume_id": volume_id, "target": str(target.absolute())}

        def advance(target: pathlib.Path, begin: bool) -> Copying:
            return Copying(**(self.ask(host, "copy_volume", of(target) | {"begin": begin}) or {}))

        def stop(target: pathlib.Path) -> None:
            self.ask(host, "stop_copying", of(target))

        return _Way(advance, stop)

    def _have_copied(self, backend: SlowBackend, ways: Sequence["_Way"], source: pathlib.Path, target: pathlib.Path,
                     tell: Tell) -> None:
        for way in ways:
            if self._follow(way, source, target, tell):
                return
        self._copy_unchanged(backend, source, target)

    def _follow(self, way: "_Way", source: pathlib.Path, target: pathlib.Path, tell: Tell) -> bool:
        """Have a copy made, or go on with one that is being made; False where nobody there has the volume open."""
        if not target.exists():
            _make_empty(source, target)
        copying = way.advance(target, False)
        if copying.state == LOST:  # a file of a copy that has ended is of no use: what it lacks nobody knows
            _make_empty(source, target)
            copying = way.advance(target, True)
        while copying.state == COPYING:
            tell(copying.percent)
            self.clock.sleep(POLL_S)
            copying = way.advance(target, False)
        if copying.state == LOST:
            raise errors.Retry("The copying of the volume has broken off.")
        return copying.state == COPIED

    def _copy_unchanged(self, backend: SlowBackend, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy a file that nobody seems to have open; raises Retry where somebody has written to it meanwhile."""
        before = _version(source)
        self.clock.sleep(SETTLED_S)  # from now on, whatever is written gives it another time
        target.unlink(missing_ok=True)
        backend.copy_plainly(source, target)
        if _version(source) != before:
            LOG.info("volume_written_meanwhile", file=source.name)
            raise errors.Retry("The volume was written to while it was copied.")


@dataclasses.dataclass(frozen=True)
class _Way:
    """Somebody who may have a volume open: has a copy advance, or ends it."""

    advance: Callable[[pathlib.Path, bool], Copying]
    stop: Callable[[pathlib.Path], None]


def _make_empty(source: pathlib.Path, target: pathlib.Path) -> None:
    """Make a file that is as large as another one, and holds nothing; never in the place of one that is being written."""
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.ftruncate(descriptor, source.stat().st_size)
    finally:
        os.close(descriptor)


def _version(path: pathlib.Path) -> tuple[int, int, int]:
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns
