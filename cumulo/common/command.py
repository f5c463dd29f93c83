"""Running a program: an argument list, a time limit, optional resource limits, a typed error. Never a shell."""

import contextlib
import ctypes
import dataclasses
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping

from cumulo.common import errors

MEANWHILE_S = 1.0
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # prctl(2)
_TIMEOUTS: tuple[type[Exception], ...] = (
    subprocess.TimeoutExpired, subprocess.Popen.communicate.__globals__["TimeoutExpired"])
"""Where threads are green, a process is waited for by eventlet's copy of the library, which raises a class of its own."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the program may use; it is ended by the kernel beyond that, and when whoever started it dies."""

    cpu_s: int = 10
    address_space_mib: int = 1024


@dataclasses.dataclass(frozen=True)
class Result:
    """How the program ended and what it printed."""

    code: int
    stdout: bytes
    stderr: bytes


def run(argv: list[str], *, timeout_s: float, input: bytes | None = None, limits: Limits | None = None,
        check: bool = True, meanwhile: Callable[[], None] | None = None,
        environment: Mapping[str, str] | None = None, descriptors: tuple[int, ...] = ()) -> Result:
    """Run a program to its end.

    Raises CommandFailed when it cannot be started, runs out of time or (with check) ends with a
    code other than 0; the message holds the end of what it printed as an error. meanwhile is called
    every second; what it raises ends the program. environment is added to this process's; descriptors
    are those of our open files that it gets besides.
    """
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, preexec_fn=_limiter(limits) if limits else None,
            env={**os.environ, **environment} if environment else None, pass_fds=descriptors,
        )
    except OSError as failure:
        raise errors.CommandFailed(f"cannot start {argv[0]}: {failure.strerror}", program=argv[0]) from failure
    try:
        stdout, stderr = _finish(process, input, timeout_s, meanwhile)
    except _TIMEOUTS as failure:
        _end(process)
        raise errors.CommandFailed(f"{argv[0]} did not end within {timeout_s:g} s", program=argv[0]) from failure
    except BaseException:
        _end(process)
        raise
    if check and process.returncode:
        said = stderr.decode("utf-8", "replace").strip()[-500:]
        raise errors.CommandFailed(
            f"{argv[0]} ended with {process.returncode}: {said}", program=argv[0], exit_code=process.returncode)
    return Result(process.returncode, stdout, stderr)


class Running:
    """A program that runs beside us."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def said(self) -> str:
        """Wait for the program's end, and return the end of what it printed as an error."""
        _, stderr = self._process.communicate()
        return stderr.decode("utf-8", "replace").strip()[-500:]


@contextlib.contextmanager
def running(argv: list[str], descriptors: tuple[int, ...] = ()) -> Iterator[Running]:
    """Have a program run, with these open files of ours besides, until the block ends; it does not outlive this process.

    Raises CommandFailed when it cannot be started.
    """
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   start_new_session=True, pass_fds=descriptors, preexec_fn=_end_with_us)
    except OSError as failure:
        raise errors.CommandFailed(f"cannot start {argv[0]}: {failure.strerror}", program=argv[0]) from failure
    try:
        yield Running(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        process.communicate()


def _end_with_us() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _finish(process: "subprocess.Popen[bytes]", input: bytes | None, timeout_s: float,
            meanwhile: Callable[[], None] | None) -> tuple[bytes, bytes]:
    """Wait for the end; TimeoutExpired when it does not come in time."""
    if meanwhile is None:
        return process.communicate(input, timeout=timeout_s)
    for _ in range(max(1, round(timeout_s / MEANWHILE_S))):
        try:
            return process.communicate(input, timeout=MEANWHILE_S)
        except _TIMEOUTS:
            meanwhile()
    raise subprocess.TimeoutExpired(process.args, timeout_s)


def _end(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _limiter(limits: Limits):  # type: ignore[no-untyped-def]
    def apply() -> None:
        # Nobody waits for it then: it would work on, for hours, at files that somebody else has removed.
        _end_with_us()
        memory = limits.address_space_mib * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return apply
