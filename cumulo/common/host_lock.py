"""One agent process per host: the lock that makes repeating a step safe.

A step that is sent again must meet the run already in flight, so nobody else on this host may be
running it. The kernel drops the lock with the process that holds it, however that ends.
"""

import fcntl
import os
import pathlib

from cumulo.common import errors


class HostLock:
    """Holds the lock of a host's name from take() until release()."""

    def __init__(self, state_dir: pathlib.Path, kind: str, host: str) -> None:
        self._path = state_dir / "locks" / f"{kind}.{host.replace('/', '_')}.lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock; raises Conflict naming the process that holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as failure:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise errors.Conflict(
                f"another agent (process {holder}) runs on this host", path=str(self._path)) from failure
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, since removing it would let two processes lock different files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
