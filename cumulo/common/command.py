"""Running a program: an argument list, a time limit, optional resource limits, a typed error. Never a shell."""

import dataclasses
import os
import resource
import signal
import subprocess

from cumulo.common import errors


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the program may use; it is ended by the kernel beyond that."""

    cpu_s: int = 10
    address_space_mib: int = 1024


@dataclasses.dataclass(frozen=True)
class Result:
    """How the program ended and what it printed."""

    code: int
    stdout: bytes
    stderr: bytes


def run(argv: list[str], *, timeout_s: float, input: bytes | None = None, limits: Limits | None = None,
        check: bool = True) -> Result:
    """Run a program to its end.

    Raises CommandFailed when it cannot be started, runs out of time or (with check) ends with a
    code other than 0; the message holds the end of what it printed as an error.
    """
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, preexec_fn=_limiter(limits) if limits else None,
        )
    except OSError as failure:
        raise errors.CommandFailed(f"cannot start {argv[0]}: {failure.strerror}", program=argv[0]) from failure
    try:
        stdout, stderr = process.communicate(input, timeout=timeout_s)
    except subprocess.TimeoutExpired as failure:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise errors.CommandFailed(f"{argv[0]} did not end within {timeout_s:g} s", program=argv[0]) from failure
    if check and process.returncode:
        said = stderr.decode("utf-8", "replace").strip()[-500:]
        raise errors.CommandFailed(
            f"{argv[0]} ended with {process.returncode}: {said}", program=argv[0], exit_code=process.returncode)
    return Result(process.returncode, stdout, stderr)


def _limiter(limits: Limits):  # type: ignore[no-untyped-def]
    def apply() -> None:
        memory = limits.address_space_mib * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return apply
