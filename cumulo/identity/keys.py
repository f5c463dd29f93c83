"""The repositories of keys that tokens and credentials are sealed with: directories of files named by number.

    0        the next key: tokens can be opened with it, none is sealed with it yet
    highest  the primary: seals new tokens
    between  older primaries: open tokens sealed before a rotation

A rotation makes 0 the highest and puts a new key at 0. Every process that shares the directory
therefore knows a key before the first token sealed with it arrives, also when the directory is
copied between machines some time after the rotation.
"""

import contextlib
import fcntl
import itertools
import os
from collections.abc import Iterator, Mapping

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


def rotate(directory: str, max_active_keys: int, *, retired_before: float | None = None) -> None:
    """Make the next key the primary, stage a new one, and drop the oldest beyond max_active_keys.

    retired_before: keys that were the primary until later than that (epoch seconds) stay, however many they are:
    something sealed with them may still be good.
    """
    with _locked(directory):
        numbers = _numbers(directory)
        if STAGED not in numbers:  # a rotation that was cut short after its first step
            _write_key(directory, STAGED)
        os.rename(_path(directory, STAGED), _path(directory, max(numbers, default=0) + 1))
        _write_key(directory, STAGED)
        _drop(directory, max_active_keys, retired_before)
        _sync(directory)


def drop(directory: str, max_active_keys: int) -> None:
    """Drop the oldest keys beyond max_active_keys: what they sealed has been sealed anew."""
    with _locked(directory):
        _drop(directory, max_active_keys, None)
        _sync(directory)


def export(directory: str) -> dict[str, str]:
    """Return every key by its number, for another host to take over."""
    with _locked(directory):
        found = {}
        for number in sorted(_numbers(directory)):
            with open(_path(directory, number), encoding="ascii") as file:
                found[str(number)] = file.read().strip()
        return found


def take_over(directory: str, exported: Mapping[str, str], *, replace: bool = False) -> None:
    """Make the directory hold the keys of another host; at every moment all that was sealed by either is readable.

    Raises BadRequest for what are no keys, and Conflict for the keys of another cloud (but for `replace`): their
    numbers are in use here for other keys, so what was sealed here would be lost.
    """
    wanted = _checked(exported)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    with _locked(directory):
        known = _numbers(directory)
        for number in sorted(set(known) & set(wanted) - {STAGED}):
            with open(_path(directory, number), encoding="ascii") as file:
                if file.read().strip() != wanted[number] and not replace:
                    raise errors.Conflict(f"Key {number} is another one here: these are the keys of another cloud.")
        # The newest first, so that what it seals elsewhere is readable here; the next one last: its old content
        # is one of those by then.
        for number in sorted(wanted, reverse=True):
            if number not in known or replace or number == STAGED:
                _write_key(directory, number, wanted[number].encode())
        for number in sorted(set(known) - set(wanted)):
            os.unlink(_path(directory, number))
        _sync(directory)


def _checked(exported: Mapping[str, str]) -> dict[int, str]:
    try:
        wanted = {int(number): key for number, key in exported.items()}
        for key in wanted.values():
            Fernet(key)
    except (ValueError, TypeError, AttributeError) as failure:
        raise errors.BadRequest("These are no exported keys.") from failure
    if len(wanted) < 2 or STAGED not in wanted or min(wanted) < 0:
        raise errors.BadRequest("Exported keys are at least the next one and a primary.")
    return wanted


def _drop(directory: str, max_active_keys: int, retired_before: float | None) -> None:
    active = sorted(number for number in _numbers(directory) if number != STAGED)
    for number, successor in itertools.pairwise(active[:len(active) - max_active_keys + 2]):
        # A key is retired when the next one is renamed into its place, which sets that one's ctime.
        if retired_before is None or os.stat(_path(directory, successor)).st_ctime < retired_before:
            os.unlink(_path(directory, number))


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


def _write_key(directory: str, number: int, key: bytes | None = None) -> None:
    """Put a new key in place whole or not at all, readable by its owner only."""
    temporary = os.path.join(directory, f".new-{number}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key or Fernet.generate_key())
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
