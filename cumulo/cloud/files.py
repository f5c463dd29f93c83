"""Writing a file of text so that a crash leaves the old one or the new one, never half of one."""

import pathlib

from cumulo.common import durable_files


def write_atomically(path: pathlib.Path, text: str, mode: int = 0o600) -> None:
    """Write a temporary neighbour, force it to disk, and rename it into place."""
    durable_files.write(path, text.encode(), mode)
