"""Following a crash plan: a directory in which a suite says where this process is to die, fail or repeat.

    crash-plan     marks the directory as a plan; a process refuses to follow any other
    armed/ID       {"at": boundary, "act": "die" | "fail" | "fail once" | "twice"}, written by the suite
    fired/ID       {"at", "act", "process", "subject"}: made by the first process that gets there, in one
                   atomic step, so that a process that was started again does not die of it again
    passed/PID     the boundaries a process has come by, one a line
    served/ROLE    the methods that are answered there

"fail" goes on failing for the operation it met first, as a real obstacle does; the others happen once.
"""

import json
import os
import pathlib
import signal
from collections.abc import Callable
from typing import Any, TypeVar

from cumulo.common import errors, log

Answer = TypeVar("Answer")
LOG = log.get(__name__)

MARK = "crash-plan"
INJECTED = "made to fail by a crash plan"


class CrashPlan:
    """The plan of one directory, as one process follows it."""

    def __init__(self, directory: str) -> None:
        self._directory = pathlib.Path(directory)
        if not (self._directory / MARK).is_file():
            raise ValueError(f"{directory} is no crash plan: it holds no file {MARK}")
        self._passed: set[str] = set()
        self._armed: dict[str, list[tuple[str, str]]] = {}
        self._armed_at = -1
        LOG.warning("crash_plan_followed", directory=directory, process=os.getpid())

    def reached(self, boundary: str, subject: str) -> None:
        """Note that the process is here; it ends here, or the step here fails, where the plan says so."""
        self._note(boundary)
        if self._takes(boundary, subject, ("die",)):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._takes(boundary, subject, ("fail", "fail once")):
            raise errors.InternalError(INJECTED)

    def around(self, boundary: str, subject: str, work: Callable[[], Answer]) -> Answer:
        """Run a step between its two boundaries, twice where the plan says so."""
        self.reached(f"{boundary} before", subject)
        answer = work()
        if self._takes(boundary, subject, ("twice",)):
            answer = work()
        self.reached(f"{boundary} after", subject)
        return answer

    def serves(self, role: str, methods: list[str]) -> None:
        """Write down what is answered at a role; several programs may answer at one."""
        file = self._directory / "served" / role
        known = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.write_text("\n".join(sorted({*known, *methods})))

    def _note(self, boundary: str) -> None:
        if boundary not in self._passed:
            self._passed.add(boundary)
            with open(self._directory / "passed" / str(os.getpid()), "a", encoding="utf-8") as file:
                file.write(f"{boundary}\n")

    def _takes(self, boundary: str, subject: str, acts: tuple[str, ...]) -> bool:
        """Whether one of these acts is due here now."""
        return any(self._fires(identifier, act, boundary, subject)
                   for identifier, act in self._due().get(boundary, ()) if act in acts)

    def _due(self) -> dict[str, list[tuple[str, str]]]:
        armed = self._directory / "armed"
        changed_at = armed.stat().st_mtime_ns
        if changed_at != self._armed_at:
            self._armed = {}
            for path in sorted(armed.iterdir()):
                asked = json.loads(path.read_text(encoding="utf-8"))
                self._armed.setdefault(asked["at"], []).append((path.name, asked["act"]))
            self._armed_at = changed_at
        return self._armed

    def _fires(self, identifier: str, act: str, boundary: str, subject: str) -> bool:
        fired = self._directory / "fired" / identifier
        facts = {"at": boundary, "act": act, "process": os.getpid(), "subject": subject}
        whole = self._directory / f"{identifier}.{os.getpid()}"
        whole.write_text(json.dumps(facts), encoding="utf-8")
        try:
            os.link(whole, fired)  # atomic, and the file is whole from the start
        except FileExistsError:
            return act == "fail" and bool(subject) and _subject(fired) == subject
        finally:
            whole.unlink()
        LOG.warning("crash_plan_fires", **facts)
        return True


def _subject(fired: pathlib.Path) -> Any:
    return json.loads(fired.read_text(encoding="utf-8"))["subject"]
