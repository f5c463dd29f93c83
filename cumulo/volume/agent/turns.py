"""Whose turn it is at a volume: steps of different operations, and what looks after exports, may meet there."""

import contextlib
from collections.abc import Iterator
from typing import Any

from cumulo.common.threads import Threads


class Turns:
    """One step at a time for each volume."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._lock = threads.lock()
        self._held: dict[str, Any] = {}  # volume id -> an event that is set when its turn is over

    @contextlib.contextmanager
    def alone(self, *volume_ids: str) -> Iterator[None]:
        """Wait for one's turn at these volumes; ids in any order."""
        wanted = sorted(set(volume_ids))
        for volume_id in wanted:
            self._take(volume_id)
        try:
            yield
        finally:
            for volume_id in wanted:
                with self._lock:
                    self._held.pop(volume_id).set()

    def _take(self, volume_id: str) -> None:
        while True:
            with self._lock:
                other = self._held.get(volume_id)
                if other is None:
                    self._held[volume_id] = self._threads.event()
                    return
            other.wait()
