"""Which process holds a TCP port, read from /proc: needed to refuse with a name."""

import os
import pathlib
import socket

from cumulo.cloud.refusal import Refusal

_LISTEN = "0A"


def require_free(port: int, purpose: str, mend: str) -> None:
    """Refuse when something listens on the port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as failure:
            raise Refusal(f"port {port} ({purpose}) may only be opened by root; {mend}") from failure
        except OSError as failure:
            raise Refusal(f"port {port} ({purpose}) is in use by {holder(port)}; {mend}") from failure


def free_port(preferred: int) -> int:
    """Return the preferred port when it is free, or one that the kernel picks."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> str:
    """Return "name (pid)" of the process that listens on a port."""
    inodes = _listening_inodes(port)
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and _has_open(entry, inodes):
            name = (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
            return f"{name} (process {entry.name})"
    return "a process of another user"


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == _LISTEN:
                inodes.add(fields[9])
    return inodes


def _has_open(process: pathlib.Path, inodes: set[str]) -> bool:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    try:
        return any(_target(link) in wanted for link in (process / "fd").iterdir())
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return False  # not ours to see, or gone meanwhile


def _target(link: pathlib.Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""  # closed meanwhile
