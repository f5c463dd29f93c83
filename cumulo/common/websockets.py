"""Websockets behind a WSGI server (RFC 6455), by eventlet's own module: bytes in, bytes out."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from eventlet import websocket, wsgi

LARGEST_FRAME = 1024 * 1024


class WebSocket(Protocol):
    """One open websocket."""

    def wait(self) -> bytes | str | None:
        """Return the next message, None when the other side has closed."""

    def send(self, message: bytes) -> None:
        """Send a message; raises OSError when the other side is gone."""

    def close(self) -> None:
        """Say goodbye."""


def accept(environ: dict[str, Any], start_response: Any, handler: Callable[[WebSocket], None],
           protocol: str = "binary") -> Iterable[bytes]:
    """Make a websocket of a request and have the handler serve it; a request that asks for none is answered with 400."""
    wrapped = websocket.WebSocketWSGI(handler, max_frame_length=LARGEST_FRAME)
    wrapped.supported_protocols, wrapped.support_legacy_versions = [protocol], False
    return wrapped(environ, start_response)  # type: ignore[no-any-return]


def refuse(environ: dict[str, Any]) -> Iterable[bytes]:
    """Refuse a request for a websocket and hang up, as whoever asks for one waits for the end of the connection.

    The server would keep it open for another request, whatever the answer says.
    """
    connection = environ["eventlet.input"].get_socket()
    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    wsgi.WSGI_LOCAL.already_handled = True
    return []
