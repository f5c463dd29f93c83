"""Exports by NBD: one qemu-storage-daemon for a backend, one export in it for each volume.

The export's name is the volume's id. Whoever reaches the port may open it, unless the daemon wants certificates: then
clients need one of the same authority. The protocol has no passwords.
"""

import dataclasses
import errno
import pathlib
import socket
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.volume_copies import BY_SERVICE, Copying
from cumulo.volume.agent.exports import copying, qmp
from cumulo.volume.agent.exports.daemon import POLL_S, STOP_TIMEOUT_S, Daemon
from cumulo.volume.agent.exports.interface import Export

PROGRAM = "qemu-storage-daemon"
PREFIX = "export-"  # what QEMU names must begin with a letter
NODE_CHARACTERS = 30  # of at most 31
BACKLOG = 128


@dataclasses.dataclass(frozen=True)
class Place:
    """Where exports are served: an address that guests' hosts reach, and a port of the backend's own."""

    address: str
    port: int
    listen: str = ""

    def listens(self) -> str:
        """Return the address that the program listens at."""
        return self.listen or self.address


class NbdTarget:
    """Implements cumulo.volume.agent.exports.interface.Target."""

    kind = "nbd"

    def __init__(self, directory: pathlib.Path, place: Place, clock: Clock, *, tls_directory: str = "") -> None:
        self._directory = directory
        self._place = place
        self._tls_directory = tls_directory
        self._socket = directory / "nbd.monitor"
        self._clock = clock
        self._daemon = Daemon(PROGRAM, f"path={self._socket},", clock)

    def capabilities(self) -> dict[str, Any]:
        """Every host reaches it."""
        return {"storage_protocol": "nbd", "host_bound": False, "copies_in_use": BY_SERVICE}

    def has_secrets(self) -> bool:
        """Say no: certificates are the hosts' own."""
        return False

    def ensure(self) -> bool:
        """Have the daemon run."""
        if self._daemon.pid() is not None:
            return False
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._listen() as opened:
            argv = arguments(self._socket, opened.fileno(), self._tls_directory)
            self._daemon.start(argv, self._socket, descriptors=(opened.fileno(),))
        return True

    def _listen(self) -> socket.socket:
        """Return a socket that listens; raises Retry where another program has the port.

        A daemon that was killed has no arguments any more, and so is none, a moment before its sockets are closed.
        """
        deadline = self._clock.monotonic() + STOP_TIMEOUT_S
        while True:
            try:
                return listener(self._place)
            except OSError as failure:
                if failure.errno != errno.EADDRINUSE or self._clock.monotonic() > deadline:
                    raise errors.Retry(f"volumes cannot be served at port {self._place.port}: {failure}") from failure
            self._clock.sleep(POLL_S)

    def pid(self) -> int | None:
        """Return the daemon's process while it lives."""
        return self._daemon.pid()

    def stop(self) -> None:
        """End the daemon."""
        self._daemon.stop()

    def add(self, export: Export) -> None:
        """Open the file, which nobody else may then, and serve it; a half of it that is there is made anew."""
        name, node = f"{PREFIX}{export.volume_id}", _node(export.volume_id)
        with qmp.monitor(self._socket) as monitor:
            if name in _exports(monitor):
                return
            _close(monitor, node)
            monitor.run("blockdev-add", driver=export.format, node_name=node, discard="unmap", file={
                "driver": "file", "filename": export.path, "discard": "unmap"})
            monitor.run("block-export-add", type="nbd", id=name, name=export.volume_id, node_name=node, writable=True)

    def drop(self, volume_id: str) -> None:
        """End the export with its connections, and close the file."""
        name = f"{PREFIX}{volume_id}"
        with qmp.monitor(self._socket) as monitor:
            if name in _exports(monitor):
                monitor.run("block-export-del", id=name, mode="hard")
                while name in _exports(monitor):
                    monitor.wait("BLOCK_EXPORT_DELETED", id=name)
            copying.stop(monitor, volume_id)
            _close(monitor, _node(volume_id))

    def held(self) -> tuple[str, ...]:
        """Ask the daemon, where it runs."""
        if self._daemon.pid() is None:
            return ()
        with qmp.monitor(self._socket) as monitor:
            return tuple(sorted(each.removeprefix(PREFIX) for each in _exports(monitor)))

    def can_copy(self) -> bool:
        """Say yes: all that is written to a volume goes through the daemon."""
        return True

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Have the daemon mirror it: writes go to both, and the copy is of the moment at which that ends.

        A backup job would be of the moment at which it begins, but it fills the copy's holes.
        """
        with qmp.monitor(self._socket) as monitor:
            return copying.advance(monitor, volume_id, _node(volume_id), target, begin)

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """End the job."""
        with qmp.monitor(self._socket) as monitor:
            copying.stop(monitor, volume_id, target)

    def connection(self, volume_id: str) -> dict[str, Any]:
        """Return where it is served, and by which name."""
        return {"kind": self.kind, "format": "raw", "address": self._place.address, "port": self._place.port,
                "export": volume_id, "tls": bool(self._tls_directory)}


def listener(place: Place) -> socket.socket:
    """Return a socket that listens, whose connections send small answers at once.

    QEMU asks for that only since 8.1; a connection has it of the socket that it came by. Without, an answer waits for the
    client's acknowledgement of the one before, which clients send up to 40 ms later.
    """
    family, _, _, _, address = socket.getaddrinfo(place.listens(), place.port, type=socket.SOCK_STREAM)[0]
    opened = socket.create_server(address, family=family, backlog=BACKLOG)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def arguments(monitor: pathlib.Path, descriptor: int, tls_directory: str = "") -> list[str]:
    """Return how the daemon is started, with a socket that listens; pure. It says that it serves by going to the background."""
    server = f"addr.type=fd,addr.str={descriptor}"
    secured = []
    if tls_directory:
        secured = ["--object", f"tls-creds-x509,id=tls,dir={_escaped(tls_directory)},endpoint=server,verify-peer=on"]
        server += ",tls-creds=tls"
    return [PROGRAM, "--daemonize", "--chardev", f"socket,path={monitor},server=on,wait=off,id=monitor",
            "--monitor", "chardev=monitor", *secured, "--nbd-server", server]


def _exports(monitor: qmp.Monitor) -> list[str]:
    return [each["id"] for each in monitor.run("query-block-exports")]


def _close(monitor: qmp.Monitor, node: str) -> None:
    nodes = {each["node-name"] for each in monitor.run("query-named-block-nodes", flat=True)}
    if node in nodes:
        monitor.run("blockdev-del", node_name=node)


def _node(volume_id: str) -> str:
    return "v" + volume_id.replace("-", "")[:NODE_CHARACTERS]


def _escaped(value: str) -> str:
    return value.replace(",", ",,")
