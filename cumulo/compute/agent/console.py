"""The serial console of a server: a log file QEMU appends to, kept within bounds and read from its end."""

import os
import pathlib

ANSWER_BYTES = 100 * 1024  # what one console log answer holds at most


def last_lines(path: pathlib.Path, lines: int | None) -> str:
    """Return the last lines of a log and of the part trimmed from it, at most 100 KiB; None is all of that."""
    content = _tail(path, ANSWER_BYTES)
    if len(content) < ANSWER_BYTES:
        content = _tail(older(path), ANSWER_BYTES - len(content)) + content
    text = content.decode("utf-8", "replace")
    if lines is None or lines < 0:
        return text
    kept = text.splitlines(keepends=True)
    return "".join(kept[len(kept) - min(lines, len(kept)):])


def trim(path: pathlib.Path, limit: int) -> None:
    """Move a log's content aside once it is longer than limit bytes; the writer keeps its open file.

    The file is emptied in place: QEMU opened it for appending, so its next line lands at the new end.
    What it writes between the copy and the emptying is lost, a few lines of many MiB.
    """
    if not path.exists() or path.stat().st_size <= limit:
        return
    partial = older(path).with_suffix(".new")
    partial.write_bytes(_tail(path, limit))
    partial.rename(older(path))
    os.truncate(path, 0)


def older(path: pathlib.Path) -> pathlib.Path:
    """Return where trim moves a log's content."""
    return path.with_name(path.name + ".1")


def _tail(path: pathlib.Path, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read(size)
    except FileNotFoundError:
        return b""  # nothing printed yet
