"""The metadata service: HTTP on 169.254.169.254, port 80, of every network.

The listening socket of a network is made inside its DHCP namespace and served in this process. Who
asks is told by where the request came in (the network) and its source address, which is a port's.
What is answered is rendered by cumulo.common.metadata from the facts the scheduler gives.
"""

from __future__ import annotations

import http.server
import ipaddress
import pathlib
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from cumulo.common import errors, log, metadata, names
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.network.agent import bridge, namespace

LOG = log.get(__name__)
Network = Mapping[str, Any]
Facts = Mapping[str, Any]
NetworkOf = Callable[[str], str]
"""Which network a guest is in that asks from an address; raises NotFound."""
Lookup = Callable[[str, str], Facts]
KeepPassword = Callable[[str, str, str], None]
"""(network id, address, password): keeps what a guest says its password is; raises Conflict where one is kept."""
PASSWORD_PATH = "openstack/2013-10-17/password"
LONGEST_PASSWORD = 1020
PORT = 80
_CACHED_ANSWERS = 1000


class FactsCache:
    """Facts by (network, address), trusted for a moment: a guest asks many times while it boots."""

    def __init__(self, lookup: Lookup, clock: Clock, lifetime_s: float, keep_password: KeepPassword | None = None) -> None:
        self._lookup, self._clock, self._lifetime_s = lookup, clock, lifetime_s
        self.keep_password = keep_password
        self._held: dict[tuple[str, str], tuple[float, Facts]] = {}

    def facts(self, network_id: str, address: str) -> Facts:
        """The facts of the server at the address; raises what the lookup raises."""
        key, now = (network_id, address), self._clock.monotonic()
        held = self._held.get(key)
        if held is not None and now - held[0] < self._lifetime_s:
            return held[1]
        found = self._lookup(network_id, address)
        if len(self._held) >= _CACHED_ANSWERS:
            self._held.clear()
        self._held[key] = (now, found)
        return found


def document(facts: Facts, path: str) -> bytes | None:
    """What GET of the path answers in either layout; None when there is no such thing."""
    clean = unquote(path.partition("?")[0])
    if clean.strip("/").split("/")[0] == "openstack":
        return metadata.openstack_lookup(facts, clean)
    return metadata.ec2_lookup(facts, clean)


def content_type(path: str) -> str:
    """The type of a document by its name."""
    name = path.partition("?")[0].rstrip("/")
    if name.endswith(".json"):
        return "application/json"
    return "application/octet-stream" if name.endswith(("user_data", "user-data")) else "text/plain; charset=utf-8"


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers one connection; `server` is the listener it came in by."""

    server: Listener  # type: ignore[assignment]
    timeout = 15
    server_version, sys_version = "cumulo", ""

    def do_GET(self) -> None:
        """Answer a document, or 404."""
        status, body = self._answer()
        self.send_response(status)
        self.send_header("Content-Type", content_type(self.path) if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", "1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Take the password that a guest made for itself: once, until its owner has it forgotten."""
        status = self._keep_password()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")  # a body that was refused has not been read
        self.end_headers()

    def _keep_password(self) -> int:
        keep, length = self.server.cache.keep_password, self.headers.get("Content-Length", "")
        if keep is None or self.path.strip("/") != PASSWORD_PATH:
            return 404
        if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > LONGEST_PASSWORD:
            return 400
        try:
            keep(self.server.network_of(self.client_address[0]), self.client_address[0],
                 self.rfile.read(int(length)).decode("ascii"))
        except (UnicodeDecodeError, errors.BadRequest):
            return 400
        except (errors.NotFound, errors.Conflict) as failure:
            return failure.status
        except errors.CumuloError as failure:
            LOG.warning("guest_password_not_kept", place=self.server.place, address=self.client_address[0],
                        error=failure.message)
            return 503
        return 200

    def _answer(self) -> tuple[int, bytes]:
        try:
            network_id = self.server.network_of(self.client_address[0])
            body = document(self.server.cache.facts(network_id, self.client_address[0]), self.path)
        except errors.NotFound:
            body = None
        except errors.CumuloError as failure:
            LOG.warning("metadata_unanswered", place=self.server.place, address=self.client_address[0],
                        error=failure.message)
            return 503, b"The metadata is not available now.\n"
        return (200, body) if body is not None else (404, b"Not Found\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Requests go to the log as one event of this project's form."""
        LOG.debug("metadata_request", place=self.server.place, address=self.client_address[0],
                  line=format % args)


class Listener:
    """Accepts connections of one network, or of those behind one router, until it is stopped."""

    def __init__(self, place: str, network_of: NetworkOf, listening: socket.socket, cache: FactsCache,
                 threads: Threads) -> None:
        self.place, self.network_of, self.cache = place, network_of, cache
        self._socket, self._threads = listening, threads
        self._stopped = False
        threads.spawn(self._accept, name=f"metadata-{place}")

    def stop(self) -> None:
        """Close the socket; connections being answered end by themselves."""
        self._stopped = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        except OSError as failure:
            LOG.debug("metadata_closed_before", place=self.place, error=str(failure))
        self._socket.close()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                connection, address = self._socket.accept()
            except OSError:
                if self._stopped:
                    return
                raise
            self._threads.spawn(self._serve, connection, address, name="metadata")

    def _serve(self, connection: socket.socket, address: Any) -> None:
        try:
            _Handler(connection, address, self)  # type: ignore[arg-type]
        except OSError as failure:  # the guest went away
            LOG.debug("metadata_broken", place=self.place, error=str(failure))
        finally:
            connection.close()


class MetadataServers:
    """The metadata services of a host, one per network with DHCP."""

    def __init__(self, cache: FactsCache, threads: Threads) -> None:
        self._cache, self._threads = cache, threads
        self._listeners: dict[str, tuple[int, Listener]] = {}

    def apply(self, network: Network) -> None:
        """Listen in the network's namespace; a namespace that was made anew gets a new socket."""
        network_id = network["id"]
        self._listen(network_id, names.dhcp_namespace(network_id), lambda address: network_id)

    def apply_router(self, router: Mapping[str, Any]) -> None:
        """Listen in a router's namespace, for networks without DHCP; the address says which network asks."""
        ranges = [(ipaddress.ip_network(f"{address}/{length}", strict=False), door["network_id"])
                  for door in router["interfaces"] for address, length in door["addresses"]]

        def network_of(asking: str) -> str:
            for cidr, network_id in ranges:
                if ipaddress.ip_address(asking) in cidr:
                    return network_id
            raise errors.NotFound(f"No network of router {router['id']} has the address {asking}.")

        key = names.router_namespace(router["id"])
        self._listen(key, key, network_of)
        self._listeners[key][1].network_of = network_of

    def _listen(self, key: str, namespace_name: str, network_of: NetworkOf) -> None:
        path = bridge.NAMESPACES / namespace_name
        if self._is_served(key, path):
            return
        self.remove(key)
        listening = namespace.listen(self._threads, path, bridge.METADATA_ADDRESS, PORT)
        listener = Listener(key, network_of, listening, self._cache, self._threads)
        self._listeners[key] = (path.stat().st_ino, listener)

    def is_healthy(self, network: Network) -> bool:
        """Say whether a socket listens in the very namespace that is there now, where one must."""
        if not bridge.dhcp_subnets(network):
            return True
        return self._is_served(network["id"], bridge.NAMESPACES / names.dhcp_namespace(network["id"]))

    def _is_served(self, key: str, path: pathlib.Path) -> bool:
        held = self._listeners.get(key)
        return held is not None and path.exists() and path.stat().st_ino == held[0]

    def served(self) -> tuple[str, ...]:
        """The networks in which this process listens; routers are something else."""
        return tuple(sorted(each for each in self._listeners if not each.startswith(names.router_namespace(""))))

    def remove(self, network_id: str) -> None:
        """Stop listening; idempotent."""
        held = self._listeners.pop(network_id, None)
        if held is not None:
            held[1].stop()

    def sweep(self, keep: set[str]) -> None:
        """Stop listening in networks that are not to be here."""
        for network_id in set(self._listeners) - keep:
            self.remove(network_id)
