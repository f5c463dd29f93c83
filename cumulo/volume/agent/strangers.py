"""Files of a backend that are no volumes of this cloud's: an administrator put them there, or they were volumes once.

They are in a directory of their own, so that whatever lies elsewhere is never taken over by its name. A file goes in and
out by being renamed: whole, at one moment.
"""

import os
import pathlib
import stat
from collections.abc import Callable

from cumulo.common import durable_files, errors
from cumulo.volume.agent.backend import Stranger

GIB = 1024**3
DIRECTORY = "unmanaged"
LONGEST_NAME = 255
SizeOf = Callable[[pathlib.Path], int | None]
"""Returns how much a file holds, None for one that must not be taken over."""


def found(directory: pathlib.Path, size_of: SizeOf) -> tuple[Stranger, ...]:
    """Return those of a backend's directory; links and the like are none."""
    place = directory / DIRECTORY
    if not place.exists():
        return ()
    plain = (name for name in sorted(os.listdir(place)) if stat.S_ISREG((place / name).lstat().st_mode))
    sizes = ((name, size_of(place / name)) for name in plain)
    return tuple(Stranger(name, max(1, -(-size // GIB))) for name, size in sizes if size is not None)


def take_in(directory: pathlib.Path, name: str, target: pathlib.Path, size_of: SizeOf) -> None:
    """Give one the name of what it becomes, unless that is there; raises NotFound."""
    if target.exists():
        return
    if name not in [each.name for each in found(directory, size_of)]:
        raise errors.NotFound("this backend has nothing of that name that may be taken over", name=name)
    (directory / DIRECTORY / name).rename(target)


def put_out(directory: pathlib.Path, source: pathlib.Path, name: str) -> None:
    """Make a stranger of a file, where it is there."""
    if pathlib.PurePath(name).name != name or len(name) > LONGEST_NAME:
        raise errors.BadRequest("what is given up needs a plain name", name=name)
    (directory / DIRECTORY).mkdir(mode=0o700, exist_ok=True)
    if source.exists():
        source.rename(directory / DIRECTORY / name)
        durable_files.sync(directory / DIRECTORY)
