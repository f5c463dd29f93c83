"""Commands to a QEMU program over its monitor's socket: one connection for some commands, one answer for each.

The protocol is QEMU's "QMP" page: JSON objects, one a line; events come between answers.
"""

import contextlib
import json
import pathlib
import socket
from collections.abc import Iterator
from typing import Any

from cumulo.common import errors

TIMEOUT_S = 10.0


class Refused(errors.CommandFailed):
    """The program refused a command."""


class Monitor:
    """A connection to a monitor."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def run(self, name: str, /, **arguments: Any) -> Any:
        """Run a command and return its answer; raises Refused. Underscores in arguments' names stand for dashes."""
        message = {"execute": name, "arguments": {key.replace("_", "-"): value for key, value in arguments.items()}}
        self._stream.write(json.dumps(message).encode() + b"\n")
        self._stream.flush()
        while True:
            answer = self.read()
            if "error" in answer:
                raise Refused(f"{name}: {answer['error'].get('desc', '')}"[:500])
            if "return" in answer:
                return answer["return"]

    def wait(self, event: str, /, **data: Any) -> None:
        """Wait for an event that says this of what it is about."""
        while True:
            answer = self.read()
            if answer.get("event") == event and data.items() <= answer.get("data", {}).items():
                return

    def read(self) -> dict[str, Any]:
        """Return the next object."""
        line = self._stream.readline()
        if not line:
            raise errors.Retry("the program that serves volumes has ended")
        found: dict[str, Any] = json.loads(line)
        return found


@contextlib.contextmanager
def monitor(path: pathlib.Path) -> Iterator[Monitor]:
    """Connect to a monitor; raises Retry where nobody answers there."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(path))
            with connection.makefile("rwb") as stream:
                found = Monitor(stream)
                found.read()  # its greeting
                found.run("qmp_capabilities")
                yield found
    except (OSError, ValueError) as failure:
        raise errors.Retry(f"the program that serves volumes does not answer: {failure}") from failure
