"""Writing a file so that a crash leaves the old one or the new one, never half of one."""

import os
import pathlib

PARTIAL = ".new"
"""What the name of a file ends with while it is being written."""


def write(path: pathlib.Path, data: bytes, mode: int = 0o600) -> None:
    """Write a temporary neighbour, force it to disk, and rename it into place."""
    temporary = path.with_name(path.name + PARTIAL)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    sync(path.parent)


def sync(path: pathlib.Path) -> None:
    """Force a file, or the names in a directory, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
