"""Writing a file so that a crash leaves the old one or the new one, never half of one."""

import os
import pathlib


def write_atomically(path: pathlib.Path, text: str, mode: int = 0o600) -> None:
    """Write a temporary neighbour, force it to disk, and rename it into place."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
