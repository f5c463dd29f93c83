"""What the database and broker servers of our own have in common.

Each lives in one directory, listens on loopback only, runs as the unprivileged user its Debian
package made when we are root (as ourselves otherwise), and is known by a pid file (processes.py).
"""

import os
import pathlib
import secrets
import shutil
import socket
import time
from collections.abc import Callable

from cumulo.cloud import processes
from cumulo.cloud.files import write_atomically
from cumulo.cloud.refusal import Refusal

START_TIMEOUT_S = 60.0


def as_user(user: str) -> list[str]:
    """Return what to put before a command so that it runs as the user; nothing when we are not root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--inh-caps=-all"]


def prepare(directory: pathlib.Path, user: str) -> None:
    """Make the server's directory; refuse where the user could not reach it.

    It stays ours, so that the server's user cannot lead our own writes astray; the user is given
    what lies in it (give).
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o711)
    blocked = next((each for each in directory.resolve().parents if not each.stat().st_mode & 0o001), None)
    if os.geteuid() == 0 and blocked is not None:
        raise Refusal(f"{directory} cannot be used by {user}: {blocked} lets nobody else through (chmod o+x {blocked})")


def data_directory(directory: pathlib.Path, user: str, name: str = "data") -> pathlib.Path:
    """Return a directory inside the server's that belongs to the user alone."""
    data = directory / name
    data.mkdir(mode=0o700, exist_ok=True)
    give(data, user)
    return data


def new_data_directory(directory: pathlib.Path, user: str) -> pathlib.Path:
    """Return an empty directory to prepare data in; what a crash left of an earlier attempt is removed.

    Renamed to its final name when whole, so that half a database is never taken for one.
    """
    shutil.rmtree(directory / "data.new", ignore_errors=True)
    return data_directory(directory, user, "data.new")


def give(path: pathlib.Path, user: str) -> None:
    """Make the user, and the group of the same name, the owner of a path when we are root."""
    if os.geteuid() == 0:
        shutil.chown(path, user, user)


def password(directory: pathlib.Path) -> str:
    """Return the server's password, made at its first start and kept in its directory."""
    path = directory / "password"
    if not path.exists():
        write_atomically(path, secrets.token_hex(16) + "\n")
    return path.read_text(encoding="ascii").strip()


def program(name: str, *candidates: pathlib.Path) -> str:
    """Return the path of a program: the first candidate that exists, or whatever the PATH finds."""
    found = next((str(path) for path in candidates if path.exists()), None) or shutil.which(name)
    if found is None:
        raise Refusal(f"{name} is not installed")
    return found


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(name: str, answers: Callable[[], bool], pid_file: pathlib.Path, log_file: pathlib.Path) -> None:
    """Wait until the server answers; refuse with the end of its log when it ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers():
        if processes.running_pid(pid_file) is None or time.monotonic() > deadline:
            raise Refusal(f"{name} did not come up; the end of its log:\n{processes.last_lines(log_file)}")
        time.sleep(0.05)
