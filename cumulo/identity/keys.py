"""The repository of keys that tokens are sealed with: a directory of files named by number.

    0        the next key: tokens can be opened with it, none is sealed with it yet
    highest  the primary: seals new tokens
    between  older primaries: open tokens sealed before a rotation

A rotation makes 0 the highest and puts a new key at 0. Every process that shares the directory
therefore knows a key before the first token sealed with it arrives, also when the directory is
copied between machines some time after the rotation.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from cryptography.fernet import Fernet, MultiFernet

from cumulo.common import errors

LOCK_NAME = ".lock"
STAGED = 0


def setup(directory: str) -> None:
    """Make the directory with its first two keys, unless it has keys; safe to run twice at once."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    with _locked(directory):
        numbers = _numbers(directory)
        if STAGED not in numbers:
            _write_key(directory, STAGED)
        if not any(numbers):
            _write_key(directory, 1)


def rotate(directory: str, max_active_keys: int) -> None:
    """Make the next key the primary, stage a new one, and drop the oldest beyond max_active_keys."""
    with _locked(directory):
        numbers = _numbers(directory)
        if STAGED not in numbers:  # a rotation that was cut short after its first step
            _write_key(directory, STAGED)
        os.rename(_path(directory, STAGED), _path(directory, max(numbers, default=0) + 1))
        _write_key(directory, STAGED)
        for number in sorted(n for n in _numbers(directory) if n != STAGED)[:-(max_active_keys - 1)]:
            os.unlink(_path(directory, number))
        _sync(directory)


class KeyRepository:
    """The keys as one process sees them; read again whenever the directory has changed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._read_at: int | None = None
        self._fernet: MultiFernet | None = None

    def fernet(self) -> MultiFernet:
        """Return what seals and opens tokens; raises ServiceUnavailable where there are no keys."""
        try:
            changed_at = os.stat(self._directory).st_mtime_ns
            if self._fernet is None or changed_at != self._read_at:
                self._fernet, self._read_at = _load(self._directory), changed_at
        except (OSError, ValueError) as failure:
            raise errors.ServiceUnavailable("The keys cannot be read.") from failure
        return self._fernet


def _load(directory: str) -> MultiFernet:
    keys = []
    for number in sorted(_numbers(directory), reverse=True):
        with open(_path(directory, number), "rb") as file:
            keys.append(Fernet(file.read().strip()))
    return MultiFernet(keys)


def _numbers(directory: str) -> list[int]:
    return [int(name) for name in os.listdir(directory) if name.isascii() and name.isdigit()]


def _path(directory: str, number: int) -> str:
    return os.path.join(directory, str(number))


def _write_key(directory: str, number: int) -> None:
    """Put a new key in place whole or not at all, readable by its owner only."""
    temporary = os.path.join(directory, f".new-{number}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, _path(directory, number))
    _sync(directory)


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(directory: str) -> Iterator[None]:
    with open(os.path.join(directory, LOCK_NAME), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
