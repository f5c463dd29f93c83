"""Writing a crash plan and reading what came of it; cumulo/common/crash_plan.py says what the files mean."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterable

from cumulo.common import boundary
from cumulo.common.crash_plan import MARK

DIE, FAIL, FAIL_ONCE, TWICE = "die", "fail", "fail once", "twice"


@dataclasses.dataclass(frozen=True)
class Fired:
    """One thing that happened: where, what, in which process, to which operation."""

    at: str
    act: str
    process: int
    subject: str


class Plan:
    """The plan of one directory."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self._count = 0
        self._asked: dict[str, tuple[str, str]] = {}
        for name in ("armed", "fired", "passed", "served"):
            (directory / name).mkdir(parents=True)
        (directory / MARK).touch()

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process follow this plan."""
        return {boundary.VARIABLE: str(self._directory)}

    def arm(self, act: str, places: Iterable[str]) -> None:
        """Ask for an act at each of the places, once each."""
        armed = self._directory / "armed"
        for place in places:
            self._count += 1
            identifier = f"{self._count:05}"
            self._asked[identifier] = (place, act)
            whole = self._directory / f"{identifier}.new"
            whole.write_text(json.dumps({"at": place, "act": act}), encoding="utf-8")
            whole.rename(armed / identifier)
        os.utime(armed)  # seen even by a process that looked a moment ago

    def disarm(self) -> None:
        """Take back whatever has not happened."""
        for identifier in set(self._asked) - self._happened().keys():
            (self._directory / "armed" / identifier).unlink()
            del self._asked[identifier]
        os.utime(self._directory / "armed")

    def fired(self, *acts: str) -> list[Fired]:
        """What has happened, in the order in which it was asked for."""
        return [each for _, each in sorted(self._happened().items()) if each.act in acts]

    def waiting(self, *acts: str) -> list[str]:
        """Where acts that were asked for have not happened yet."""
        happened = self._happened()
        return [place for identifier, (place, act) in sorted(self._asked.items())
                if act in acts and identifier not in happened]

    def passed(self) -> set[str]:
        """Every boundary that any process came by."""
        return {line for path in (self._directory / "passed").iterdir()
                for line in path.read_text(encoding="utf-8").splitlines()}

    def served(self) -> dict[str, list[str]]:
        """The methods that are answered, by role."""
        return {path.name: path.read_text(encoding="utf-8").splitlines()
                for path in sorted((self._directory / "served").iterdir())}

    def _happened(self) -> dict[str, Fired]:
        return {path.name: Fired(**json.loads(path.read_text(encoding="utf-8")))
                for path in (self._directory / "fired").iterdir()}
