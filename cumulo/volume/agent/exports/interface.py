"""What the agent's steps ask of the exports of one backend.

An export is wanted from open() to withdraw(), also over deaths: keep() makes again what is missing, and takes away what
nobody wants. Each call looks first and may be repeated. Secrets are told by secret() alone.
"""

import contextlib
import dataclasses
import pathlib
from typing import Any, Protocol

from cumulo.common.volume_copies import Copying


@dataclasses.dataclass(frozen=True)
class Export:
    """A volume that is served: the file that it is and its format, and the name and password that open it, where it has them."""

    volume_id: str
    path: str
    user: str = ""
    password: str = dataclasses.field(default="", repr=False)
    format: str = "raw"


class Exports(Protocol):
    """The exports of one backend. Errors are CumuloErrors; Retry means that the same call may work later."""

    def capabilities(self) -> dict[str, Any]:
        """Return what a backend's capabilities become by being exported."""

    def open(self, volume_id: str, source: dict[str, Any]) -> dict[str, Any]:
        """Serve a volume, opened here as source says ({"kind": "file", "path", "format"}).

        Returns how guests open it, without secrets.
        """

    def withdraw(self, volume_id: str) -> None:
        """Serve it no more; what is not served is no error."""

    def can_copy(self) -> bool:
        """Say whether what serves volumes can copy them as they are at one moment; then these may be called:"""

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Say how far the copy of a volume into a file is, and begin it where that is asked.

        One that is whole is ended by this, at the moment whose copy it is. Raises Retry while another copy is being made.
        """

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """End a copy into a file, if there is one."""

    def grown(self, volume_id: str) -> None:
        """Let those who have it open see that it has become larger, if it is served."""

    def closed(self, volume_id: str) -> contextlib.AbstractContextManager[None]:
        """Have what serves it let go of it until the block ends: those who have it open wait."""

    def wanted(self) -> tuple[str, ...]:
        """Return the ids of the volumes that are to be served."""

    def held(self) -> tuple[str, ...]:
        """Return the ids of the volumes that really are; changes nothing."""

    def keep(self) -> None:
        """Serve what is to be served, and nothing else."""

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return {"user", "password"} of a volume that is served; nothing where it needs none. Raises NotFound."""


class Target(Protocol):
    """A program that serves files."""

    kind: str

    def capabilities(self) -> dict[str, Any]:
        """Return what a backend's capabilities become."""

    def has_secrets(self) -> bool:
        """Say whether exports are opened with a name and a password."""

    def ensure(self) -> bool:
        """Have the program run; say whether it had to be started, and serves nothing yet."""

    def stop(self) -> None:
        """End the program; idempotent."""

    def add(self, export: Export) -> None:
        """Serve a file, unless it is served."""

    def drop(self, volume_id: str) -> None:
        """Serve it no more, and end the connections of those who have it open."""

    def held(self) -> tuple[str, ...]:
        """Return the ids of the volumes that are served; none where the program does not run."""

    def can_copy(self) -> bool:
        """Say whether it copies what it serves."""

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Say how far a copy is, begin it where that is asked, end it once it is whole. Raises Retry for another one."""

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """End a copy into a file, if there is one."""

    def connection(self, volume_id: str) -> dict[str, Any]:
        """Return how guests open it, without secrets."""
