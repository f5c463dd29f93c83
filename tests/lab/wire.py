"""Calls between the lab's processes: one JSON line each way over a socket in the file system, which all namespaces see."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Any

from cumulo.common import errors


class Caller:
    """A bus whose every target is behind one socket."""

    def __init__(self, path: str) -> None:
        self._path = path

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        """Ask, and return the answer; what failed there is raised here."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(timeout_s)
            asking.connect(self._path)
            asking.sendall(json.dumps({"method": method, "arguments": arguments}).encode() + b"\n")
            with asking.makefile("rb") as answer:
                said = json.loads(answer.readline())
        if "error" in said:
            raise errors.InternalError(said["error"])
        return said["answer"]


def serve(path: str, methods: dict[str, Callable[..., Any]]) -> socketserver.BaseServer:
    """Answer calls at a path until the server is shut down."""
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = json.loads(self.rfile.readline())
            try:
                said = {"answer": methods[asked["method"]](**asked["arguments"])}
            except Exception as failure:  # told to whoever asked, who raises it
                said = {"error": f"{type(failure).__name__}: {failure}"}
            self.wfile.write(json.dumps(said).encode() + b"\n")

    server = socketserver.ThreadingUnixStreamServer(path, Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
