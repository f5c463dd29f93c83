"""Everything below /console: noVNC's and SPICE's files, and the websocket of one console.

    GET /console/vnc_lite.html?path=console/websockify%3Ftoken%3D...     the page; it connects to
    GET /console/websockify?token=... (Upgrade: websocket)               the console

The token is a proof that the API sealed for one console of one server. It is looked at again when somebody connects,
and so is the server: it must still be there, on whatever host it is by now. That host's agent opens the console and
gives a ticket for it; from then on bytes are passed on, both ways.
"""

import contextlib
import mimetypes
import pathlib
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from cumulo.api import deploy
from cumulo.api.services import Services
from cumulo.common import errors, log, websockets
from cumulo.compute import consoles, servers
from cumulo.identity import seals

LOG = log.get(__name__)
CONNECT_TIMEOUT_S = 10.0
CHUNK = 65536
_MISSING = b"""<!DOCTYPE html>
<html lang="en"><head><title>Console</title></head><body>
<p>This page needs noVNC, which is not installed here: install Debian's package novnc (for SPICE: spice-html5) where the
API runs, or name its directory in the configuration. The console itself is a websocket, and works:</p>
<p id="url"></p>
<script>
const path = new URLSearchParams(location.search).get("path") || "console/websockify" + location.search;
document.getElementById("url").textContent = location.origin.replace(/^http/, "ws") + "/" + path;
</script></body></html>
"""


class Consoles:
    """The WSGI application."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._directories = [pathlib.Path(each) for each in (services.conf.api.novnc_dir, services.conf.api.spice_dir)]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            return self._connect(environ, start_response)
        return self._file(environ, start_response)

    def _connect(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        token = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[0]
        try:
            channel = self._open(token)
        except (errors.CumuloError, OSError) as failure:
            LOG.warning("console_refused", reason=failure)
            return websockets.refuse(environ)
        return websockets.accept(environ, start_response, lambda opened: self._relay(opened, channel))

    def _open(self, token: str) -> socket.socket:
        """Return a connection to the console that a token is for."""
        wanted, opened = find(self._services, token)
        LOG.info("console_opened", server=wanted["server_id"], kind=wanted["kind"])
        channel = socket.create_connection((opened["address"], opened["port"]), timeout=CONNECT_TIMEOUT_S)
        channel.settimeout(None)
        channel.sendall(f"{opened['ticket']}\n".encode())
        return channel

    def _relay(self, opened: websockets.WebSocket, channel: socket.socket) -> None:
        self._services.threads.spawn(_from_guest, channel, opened, name="console")
        with contextlib.closing(channel), contextlib.suppress(OSError):
            while (message := opened.wait()) is not None:
                channel.sendall(message.encode() if isinstance(message, str) else message)
            channel.shutdown(socket.SHUT_RDWR)

    def _file(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """A file of the pages; the one that connects is there even where none is installed."""
        name = environ.get("PATH_INFO", "").lstrip("/")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", b"")
        for directory in self._directories:
            path = (directory / name).resolve()
            if path.is_relative_to(directory.resolve()) and path.is_file():
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                return _answer(start_response, "200 OK", path.read_bytes(), kind)
        if name in PAGES.values():
            return _answer(start_response, "200 OK", _MISSING, "text/html; charset=utf-8")
        return _answer(start_response, "404 Not Found", b"Not Found\n")


PAGES = {consoles.NOVNC: "vnc_lite.html", consoles.SPICE: "spice_auto.html"}


def url(public_url: str, kind: str, token: str) -> str:
    """Return the URL of a console: that of a page which shows it, or of the websocket itself for a serial line."""
    if kind == consoles.SERIAL:
        return f"{public_url.replace('http', 'ws', 1)}/console/?token={token}"
    return f"{public_url}/console/{PAGES[kind]}?path=console/websockify%3Ftoken%3D{token}"


def find(services: Services, token: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a token is for, and where its host's agent has the console ready; raises CumuloError."""
    with services.database.read() as connection:
        wanted = seals.unseal(services.conf, services.database.now(connection), consoles.PURPOSE, token)
        row = servers.get_server(connection, wanted["server_id"])
    if not row["host"]:
        raise errors.Conflict(f"Instance {row['id']} is on no host.")
    opened = services.bus.call(f"compute.{row['host']}", "open_console", wanted,
                               timeout_s=services.conf.servers.console_timeout_s)
    return wanted | {"host": row["host"]}, opened


def _from_guest(channel: socket.socket, opened: websockets.WebSocket) -> None:
    with contextlib.suppress(OSError):
        while data := channel.recv(CHUNK):
            opened.send(data)
        opened.close()


def _answer(start_response: Any, status: str, body: bytes, kind: str = "text/plain") -> list[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))),
                            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")])
    return [body]


def factory(global_conf: dict[str, str], **local: str) -> Consoles:
    """Return the application, for paste."""
    return Consoles(deploy.services(global_conf))
