"""Commands to tgtd over its own socket, as its tool tgtadm sends them: tgtadm takes passwords on its command line.

A request is a packed structure and then parameters as text; the answer is a code, a length and text. Each request has a
connection of its own.
"""

import dataclasses
import enum
import pathlib
import re
import socket
import struct

from cumulo.common import errors

TIMEOUT_S = 10.0
_REQUEST = struct.Struct("=II64sIiQQIIIIII")
"""mode, operation, driver, length, target, session, unit, connection, host, device type, direction, packed, force"""
_ANSWER = struct.Struct("=II")
_EVERY = 0xFFFFFFFFFFFFFFFF


class Mode(enum.IntEnum):
    """What a request is about."""

    SYSTEM = 0
    TARGET = 1
    UNIT = 2
    ACCOUNT = 7


class Do(enum.IntEnum):
    """What is to be done with it."""

    NEW = 0
    DELETE = 1
    SHOW = 2
    BIND = 3
    UNBIND = 4
    UPDATE = 5


@dataclasses.dataclass(frozen=True)
class Target:
    """A target that is there."""

    number: int
    name: str
    units: tuple[str, ...]  # the files that it serves
    accounts: tuple[str, ...]
    is_open: bool  # to whoever knows an account


class Refused(errors.CommandFailed):
    """tgtd refused a request."""


class Control:
    """Requests to one tgtd."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def ask(self, mode: Mode, do: Do, parameters: str = "", *, target: int = -1, unit: int = _EVERY,
            force: bool = False) -> str:
        """Send a request and return what tgtd says; raises Refused, and Retry where nobody answers."""
        request = packed(mode, do, parameters, target=target, unit=unit, force=force)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(TIMEOUT_S)
                connection.connect(str(self._path))
                connection.sendall(request)
                code, length = _ANSWER.unpack(_read(connection, _ANSWER.size))
                text = _read(connection, length - _ANSWER.size)
        except OSError as failure:
            raise errors.Retry(f"the program that serves volumes does not answer: {failure}") from failure
        if code:
            raise Refused(f"tgtd refuses to {do.name.lower()} a {mode.name.lower()}: {code}", exit_code=code)
        return text.rstrip(b"\0").decode("utf-8", "replace")

    def targets(self) -> list[Target]:
        """Return the targets that are there."""
        return parsed(self.ask(Mode.TARGET, Do.SHOW))

    def accounts(self) -> set[str]:
        """Return the names of the accounts that are there."""
        lines = self.ask(Mode.ACCOUNT, Do.SHOW).splitlines()
        return {line.strip() for line in lines[1:] if line.strip()}


def packed(mode: Mode, do: Do, parameters: str, *, target: int, unit: int, force: bool) -> bytes:
    """Return a request; pure."""
    text = parameters.encode() + b"\0" if parameters else b""
    driver = b"" if mode is Mode.SYSTEM else b"iscsi"
    length = _REQUEST.size + len(text)
    return _REQUEST.pack(mode, do, driver, length, target, 0, unit, 0, 0, 0, 0, 0, int(force)) + text


def parsed(text: str) -> list[Target]:
    """Return the targets that tgtd's answer tells of; pure."""
    found = []
    for block in re.split(r"^(?=Target \d+: )", text, flags=re.MULTILINE):
        head = re.match(r"Target (\d+): (\S+)", block)
        if head:
            files = re.findall(r"^ +Backing store path: (.+)$", block, flags=re.MULTILINE)
            accounts = re.search(r"^ +Account information:\n((?: {8,}.+\n)*)", block, flags=re.MULTILINE)
            found.append(Target(int(head[1]), head[2], tuple(each for each in files if each != "None"),
                                tuple(line.strip() for line in accounts[1].splitlines()) if accounts else (),
                                bool(re.search(r"^ +ACL information:\n +ALL$", block, flags=re.MULTILINE))))
    return found


def _read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise OSError("the connection ended early")
        data += piece
    return data
