"""Copies of volumes that somebody has open, made by whoever that is: how far one is, as agents tell one another.

A copy goes into a file that its volume's agent has made for it, which is as large as the volume and holds nothing.
Whoever has the volume open is asked again and again until the copy is whole; each answer stands for itself, so whoever
asks may die, and go on later.
"""

import dataclasses
import pathlib
import re
import stat
from typing import Any

from cumulo.common import errors

SHUT, COPYING, COPIED, LOST = "shut", "copying", "copied", "lost"
"""Nobody here has the volume open; the copy is being made; it is whole; there is none, or it ended without being whole."""
BY_SERVICE, BY_GUEST, BY_NEAR_GUEST = "service", "guest", "near guest"
"""Who can copy a volume of a backend while it is in use (copies_in_use among its capabilities): the program that serves it,
however many have it open; the one guest that has it open; or that guest, where it is on the volume's own host."""
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(f"(snapshot|volume)-{_UUID}\\.new")


@dataclasses.dataclass(frozen=True)
class Copying:
    """How far a copy is."""

    state: str
    percent: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"state": self.state, "percent": self.percent}


def target_of(path: str) -> pathlib.Path:
    """Return the file that a copy goes to; raises Conflict unless it is here, is one that volumes' agents make, and no link.

    Whoever copies does it with the rights of its own host: nothing else shall be overwritten.
    """
    target = pathlib.Path(path)
    try:
        is_file = stat.S_ISREG(target.lstat().st_mode)
    except OSError:
        is_file = False
    if not is_file or _NAME.fullmatch(target.name) is None or not target.is_absolute():
        raise errors.Conflict("the file that the volume is to be copied to is not on the host that has the volume open")
    return target
