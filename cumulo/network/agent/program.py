"""The netlink program of this agent: started once, kept warm, asked one request after another.

Starting it takes a quarter of a second, which is most of what a change of a host takes. It reads JSON lines from a
socket and answers with JSON lines; it ends when the agent does, because the socket ends then. One that dies, or does not
answer in time, is started anew by the next request.
"""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import orjson

from cumulo.common import errors

# Named by its path, not imported: pyroute2 is not to be loaded into the agent.
PATH = pathlib.Path(__file__).with_name("netlink") / "main.py"
_AT_ONCE = 1 << 20


class Program:
    """The running program; one request at a time."""

    def __init__(self, path: pathlib.Path, timeout_s: float) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Have one request done; raises CommandFailed when it fails, or when the program dies over it."""
        with self._lock:
            try:
                said = self._exchange(orjson.dumps(request) + b"\n")
            except BaseException:
                self.end()
                raise
        if "error" in said:
            raise errors.CommandFailed(f"netlink, {request['do']}: {said['error']}", program=str(self._path))
        return dict(said["answer"])

    def end(self) -> None:
        """End the program, if it runs."""
        if self._wire is not None:
            self._wire.close()
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._wire = None

    def _exchange(self, line: bytes) -> dict[str, Any]:
        wire = self._wire or self._start()
        wire.settimeout(self._timeout_s)
        said = bytearray()
        try:
            wire.sendall(line)
            while not said.endswith(b"\n"):
                more = wire.recv(_AT_ONCE)
                if not more:
                    raise errors.CommandFailed(f"{self._path.name} died over a request", program=str(self._path))
                said += more
        except TimeoutError as failure:
            raise errors.CommandFailed(f"{self._path.name} did not answer within {self._timeout_s:g} s",
                                       program=str(self._path)) from failure
        except OSError as failure:
            raise errors.CommandFailed(f"{self._path.name}: {failure.strerror}", program=str(self._path)) from failure
        return dict(orjson.loads(said))

    def _start(self) -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            os.set_blocking(its.fileno(), True)  # a green socket is not, and its flag is the child's as well
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", str(self._path)], stdin=its.fileno(), stdout=its.fileno(), start_new_session=True)
            except OSError as failure:
                ours.close()
                raise errors.CommandFailed(f"cannot start {sys.executable}: {failure.strerror}") from failure
        self._wire = ours
        return ours
