"""Processes that outlive this command: started detached, known by pid and start time.

A pid file holds the pid and the start time that the kernel gives in /proc/<pid>/stat, so that a
pid used again by a stranger after a reboot or a crash is never taken for ours, nor stopped.
"""

import os
import pathlib
import signal
import subprocess
import time

from cumulo.cloud.files import write_atomically
from cumulo.cloud.refusal import Refusal


def start(argv: list[str], *, pid_file: pathlib.Path, log_file: pathlib.Path, cwd: pathlib.Path,
          environment: dict[str, str] | None = None) -> int:
    """Start a program detached from this terminal and return its pid; what it prints goes to the log."""
    with open(log_file, "ab") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                   cwd=cwd, env={**os.environ, **(environment or {})})
    started = start_time(process.pid)
    if started is None:
        raise Refusal(f"{argv[0]} ended at once; its log is {log_file}")
    write_atomically(pid_file, f"{process.pid} {started}\n")
    return process.pid


def running_pid(pid_file: pathlib.Path) -> int | None:
    """Return the pid when the very process the file names is running."""
    try:
        pid, started = pid_file.read_text(encoding="ascii").split()
    except (FileNotFoundError, ValueError):
        return None  # never started, or half a file after a crash: nothing to be known by
    return int(pid) if pid.isdigit() and start_time(int(pid)) == started else None


def start_time(pid: int) -> str | None:
    """Return when a process started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()  # a program's name may hold blanks and parentheses
    return None if fields[0] in "ZX" else fields[19]


def age_s(pid: int) -> float:
    """Return for how many seconds a process has been running."""
    started = start_time(pid)
    if started is None:
        return 0.0
    uptime = float(pathlib.Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return max(0.0, uptime - int(started) / os.sysconf("SC_CLK_TCK"))


def stop(pid_file: pathlib.Path, *, timeout_s: float = 15) -> bool:
    """End a process, by force when it takes longer than the timeout; say whether it was running."""
    pid = running_pid(pid_file)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        if not wait_gone(pid_file, timeout_s):
            os.kill(pid, signal.SIGKILL)
            wait_gone(pid_file, 5)
    pid_file.unlink(missing_ok=True)
    return pid is not None


def wait_gone(pid_file: pathlib.Path, timeout_s: float) -> bool:
    """Wait until the process is gone; False when the time runs out."""
    deadline = time.monotonic() + timeout_s
    while (pid := running_pid(pid_file)) is not None:
        _reap(pid)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _reap(pid: int) -> None:
    """Collect a child of this very command, which would stay a zombie; others belong to init."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def last_lines(path: pathlib.Path, count: int = 15) -> str:
    """Return the end of a log, for a message about a process that did not come up."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return f"({path} is empty)"
