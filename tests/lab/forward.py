"""A program: hands connections on between loopback and a socket in the file system, which all namespaces see.

Usage: python -m tests.lab.forward in|out PATH PORT; "out" listens at the path, "in" on loopback's port. So a service on the
loopback of one namespace is found on that of every other, at the same port.
"""

import contextlib
import pathlib
import socket
import socketserver
import sys
import threading
from typing import Any


def main() -> None:
    """Serve until killed."""
    way, path, port = sys.argv[1], sys.argv[2], int(sys.argv[3])

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            family, address = (socket.AF_UNIX, path) if way == "in" else (socket.AF_INET, ("127.0.0.1", port))
            with socket.socket(family) as other:
                other.connect(address)
                copying = threading.Thread(target=_copy, args=(other, self.request))
                copying.start()
                _copy(self.request, other)
                copying.join()

    server: Any
    if way == "in":
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
    else:
        pathlib.Path(path).unlink(missing_ok=True)
        server = socketserver.ThreadingUnixStreamServer(path, Handler)
    server.daemon_threads = True
    print("ready", flush=True)
    server.serve_forever()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):  # either end may go at any moment
        while data := source.recv(1 << 16):
            target.sendall(data)
    for each, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            each.shutdown(how)


if __name__ == "__main__":
    main()
