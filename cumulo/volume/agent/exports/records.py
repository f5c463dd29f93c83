"""What is to be exported, written down on the host: one small file a volume, which only root may read.

A record is there before the export and is removed after it, so that nothing is served that nobody knows of.
"""

import dataclasses
import json
import os
import pathlib

from cumulo.common import errors
from cumulo.volume.agent.exports.interface import Export

PARTIAL = ".new"


class Records:
    """The records of one backend."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory

    def names(self) -> tuple[str, ...]:
        """Return the ids of the volumes that have one."""
        if not self._directory.exists():
            return ()
        return tuple(sorted(each for each in os.listdir(self._directory) if not each.endswith(PARTIAL)))

    def get(self, volume_id: str) -> Export:
        """Return a record; raises NotFound."""
        try:
            return Export(**json.loads((self._directory / volume_id).read_text(encoding="utf-8")))
        except FileNotFoundError as failure:
            raise errors.NotFound("the volume is not exported", volume_id=volume_id) from failure

    def put(self, export: Export) -> None:
        """Write a record, whole or not at all."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._directory / export.volume_id
        partial = target.with_name(target.name + PARTIAL)
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(dataclasses.asdict(export), file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)

    def remove(self, volume_id: str) -> None:
        """Remove a record; idempotent."""
        for each in (volume_id, volume_id + PARTIAL):
            (self._directory / each).unlink(missing_ok=True)
