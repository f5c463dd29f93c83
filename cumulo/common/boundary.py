"""The places at which a process may die and must leave nothing half done: commits, messages, steps.

    commit <function> [<flow> <step> <way>] before | after      database.write()
    message <role>.<method> [<step> <way>] <point>              the bus, see POINTS
    step <step> <way> before | after                            what a step does to the world

The code says here where it is. That costs one look at a global and does nothing, unless the process was
started with CUMULO_CRASH_PLAN naming the directory of a crash suite; then the plan there decides whether
the process kills itself (crash_plan.py). Which places exist is read from the source by the suite
(tests/crash/catalog.py), so a new one is covered when it is written. Never set it on a cloud in use.
"""

import contextvars
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from cumulo.common.crash_plan import CrashPlan

Answer = TypeVar("Answer")

VARIABLE = "CUMULO_CRASH_PLAN"
REQUEST_POINTS = ("request before sending", "request sent", "request received")
ANSWER_POINTS = ("answer before sending", "answer sent", "answer received")
POINTS = (*REQUEST_POINTS, *ANSWER_POINTS)

_GENERATOR = 0x20  # inspect.CO_GENERATOR
_plan: CrashPlan | None = None
_about: contextvars.ContextVar[tuple[str, str]] = contextvars.ContextVar("about", default=("", ""))


def follow_environment() -> None:
    """Follow the crash plan the environment names, if it names one; ValueError when that is none."""
    global _plan
    directory = os.environ.get(VARIABLE, "")
    _plan = CrashPlan(directory) if directory else None


def about(flow: str, step: str, undo: bool, operation: str) -> None:
    """Say which step the commits of this thread concern from now on."""
    if _plan is not None:
        _about.set((f" [{flow} {step} {way(undo)}]", operation))


def apart(work: Callable[[], Answer]) -> Answer:
    """Do something between the commits of this thread's step that concerns none: its name says nothing of the step."""
    return work() if _plan is None else contextvars.Context().run(work)


def commit(when: str) -> None:
    """A transaction is about to commit ("before"), or has ("after"); the name is that of whoever opened it."""
    if _plan is not None:
        concerning, operation = _about.get()
        _plan.reached(f"commit {_opener()}{concerning} {when}", operation)


def message(point: str, target: str, method: str, arguments: Mapping[str, Any]) -> None:
    """A request or an answer is about to be sent, was sent, or came in."""
    if _plan is not None:
        concerning = f" {arguments['step']} {way(arguments['undo'])}" if "step" in arguments else ""
        role = target.partition(".")[0]
        _plan.reached(f"message {role}.{method}{concerning} {point}", str(arguments.get("operation", "")))


def run(step: str, undo: bool, operation: str, work: Callable[[], Answer]) -> Answer:
    """Do or undo a step; a plan may make it fail, have it run twice, or end the process around it."""
    if _plan is None:
        return work()
    return _plan.around(f"step {step} {way(undo)}", operation, work)


def serves(target: str, methods: Iterable[str]) -> None:
    """Say which methods this process answers at a target."""
    if _plan is not None:
        _plan.serves(target.partition(".")[0], sorted(methods))


def way(undo: bool) -> str:
    """The word for the direction in which a step is run."""
    return "undo" if undo else "do"


def _opener() -> str:
    """The function that opened the transaction: the nearest caller that is no context manager."""
    frame = sys._getframe(2)
    while frame.f_code.co_flags & _GENERATOR or frame.f_globals["__name__"] == "contextlib":
        if frame.f_back is None:
            return "unknown"
        frame = frame.f_back
    return f"{frame.f_globals['__name__'].removeprefix('cumulo.')}.{frame.f_code.co_qualname}"
