"""A place for backups: whole blobs by name, in folders. Every target passes one suite: tests/fixtures/target_suite.py.

    chunks/<backup>/<number>     pieces of a backup's data
    manifests/<backup>           what a backup consists of, written last: without it there is no backup

Names are ids and numbers that this cloud made, never text from a user. What goes wrong is an OSError: FileNotFoundError
for what is not there, and any other for a target that cannot do it now.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from cumulo.common.threads import Threads

Answer = TypeVar("Answer")


class Target(Protocol):
    """One place. A local one waits for disks, another for the network; shared: every host reaches the same."""

    kind: str
    local: bool
    shared: bool

    @property
    def place(self) -> str:
        """Return where it is, for the log: a directory, a bucket."""

    def put(self, name: str, data: bytes) -> None:
        """Keep a blob, durably and whole or not at all; one of that name is replaced."""

    def get(self, name: str) -> bytes:
        """Return a blob; raises FileNotFoundError."""

    def delete(self, name: str) -> None:
        """Remove a blob; what is gone already is no error."""

    def delete_folder(self, folder: str) -> None:
        """Remove everything in a folder, what is half written too; what is gone already is no error."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the blobs and of the folders in a folder, in order, without its own."""

    def changed_at(self, folder: str) -> float:
        """Return when something in a folder was written last, in epoch seconds; 0 for one that is empty."""


def run(threads: Threads, target: Target, call: Callable[..., Answer], *arguments: Any) -> Answer:
    """Make a call of a target where it holds nobody up: what waits for a disk does so in a native thread.

    What waits for the network lets others run by itself, and its connections may not be passed between native threads.
    """
    return threads.native(call, *arguments) if target.local else call(*arguments)
