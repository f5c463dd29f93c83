"""Exports of a backend that stores nothing: it remembers them in a file, which outlives its process."""

import contextlib
import json
import pathlib
from typing import Any

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import SHUT, Copying


class FakeExports:
    """Implements cumulo.volume.agent.exports.interface.Exports without serving anything."""

    def __init__(self, path: pathlib.Path, threads: Threads) -> None:
        self._path = path
        self._lock = threads.lock()
        self._known: list[str] = json.loads(path.read_text()) if path.exists() else []

    def capabilities(self) -> dict[str, Any]:
        """Nothing changes by them."""
        return {}

    def open(self, volume_id: str, source: dict[str, Any]) -> dict[str, Any]:
        """Remember it."""
        self._change(volume_id, is_there=True)
        return source

    def withdraw(self, volume_id: str) -> None:
        """Forget it."""
        self._change(volume_id, is_there=False)

    def can_copy(self) -> bool:
        """Say no: guests do."""
        return False

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Say that it is not done here."""
        return Copying(SHUT)

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """Nothing is copied here."""

    def grown(self, volume_id: str) -> None:
        """Nothing: it has no size."""

    def closed(self, volume_id: str) -> contextlib.AbstractContextManager[None]:
        """Nobody has it open."""
        return contextlib.nullcontext()

    def wanted(self) -> tuple[str, ...]:
        """Return what is remembered."""
        return tuple(self._known)

    def held(self) -> tuple[str, ...]:
        """Return what is remembered."""
        return tuple(self._known)

    def keep(self) -> None:
        """Nothing: memory does not fail."""

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return none; raises NotFound for what is not remembered."""
        if volume_id not in self._known:
            raise errors.NotFound("the volume is not exported", volume_id=volume_id)
        return {}

    def _change(self, volume_id: str, *, is_there: bool) -> None:
        with self._lock:
            if is_there != (volume_id in self._known):
                others = [each for each in self._known if each != volume_id]
                self._known = sorted([*others, volume_id]) if is_there else others
                self._path.parent.mkdir(parents=True, exist_ok=True)
                partial = self._path.with_suffix(".new")
                partial.write_text(json.dumps(self._known))
                partial.rename(self._path)
