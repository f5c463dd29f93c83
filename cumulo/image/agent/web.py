"""Downloading from a URI that a user named, without reaching what only this host can reach.

A host's name is resolved once, each of its addresses is checked, and the connection goes to a checked address: a name
that resolves to something else a moment later changes nothing. Redirects are followed here, each checked like the
first. No proxy, no cookies, no credentials.
"""

import dataclasses
import http.client
import ipaddress
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from cumulo.common import errors
from cumulo.image import uris

MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)

Resolve = Callable[[str, int], Sequence[str]]
"""Return the addresses of a host; raises OSError."""


class Download(Protocol):
    """A body being received; size is the promised number of bytes, None if none was promised."""

    size: int | None

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end; raises OSError when it ends early."""

    def close(self) -> None:
        """Read no more."""


class Web:
    """Opens URIs under rules; a server may be silent for timeout_s."""

    def __init__(self, rules: uris.Rules, timeout_s: float, resolve: Resolve | None = None) -> None:
        self._rules = rules
        self._timeout_s = timeout_s
        self._resolve = resolve or _resolve

    def open(self, uri: str) -> Download:
        """Return the body that a URI leads to; raises BadRequest for what is refused or does not answer."""
        target = uris.check(uri, self._rules)
        for _ in range(MOST_REDIRECTS + 1):
            connection, response = self._ask(target)
            if response.status not in _REDIRECTS:
                return _body(target, connection, response)
            connection.close()
            target = self._redirected(target, response.getheader("Location") or "")
        raise errors.BadRequest(f"{target.host} redirects more than {MOST_REDIRECTS} times.")

    def _ask(self, target: uris.Target) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = self._connection(target)
        try:
            connection.request("GET", target.path, headers={"Accept": "*/*", "Accept-Encoding": "identity",
                                                            "User-Agent": "cumulo", "Connection": "close"})
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as failure:
            connection.close()
            raise errors.BadRequest(f"{target.host} does not answer: {failure or type(failure).__name__}.") from failure

    def _connection(self, target: uris.Target) -> http.client.HTTPConnection:
        address = self._address(target)
        if target.scheme == "https":
            return _PinnedTls(target, address, self._timeout_s)
        return _Pinned(target, address, self._timeout_s)

    def _address(self, target: uris.Target) -> str:
        """The address to connect to. One bad address of a name is enough to refuse it: nothing is left to chance."""
        try:
            found = self._resolve(target.host, target.port)
        except OSError as failure:
            raise errors.BadRequest(f"The host {target.host} is not known.") from failure
        if not found:
            raise errors.BadRequest(f"The host {target.host} has no address.")
        for address in found:
            uris.check_address(target, ipaddress.ip_address(address), self._rules)
        return found[0]

    def _redirected(self, target: uris.Target, location: str) -> uris.Target:
        here = f"{target.scheme}://{_bracketed(target.host)}:{target.port}{target.path}"
        there = uris.check(urllib.parse.urljoin(here, location), self._rules)
        if target.scheme == "https" and there.scheme != "https":
            raise errors.BadRequest(f"{target.host} redirects to an address that is not secure.")
        return there


@dataclasses.dataclass
class Body:
    """The body of a response, whose end is only believed when all that was promised has come."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse
    size: int | None
    received: int = 0

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        try:
            chunk = self.response.read(size)
        except http.client.HTTPException as failure:
            raise OSError(f"the download broke off after {self.received} bytes") from failure
        self.received += len(chunk)
        if not chunk and self.size is not None and self.received < self.size:
            raise OSError(f"the download ended after {self.received} of {self.size} bytes")
        return chunk

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the host's name resolves to by now."""

    def __init__(self, target: uris.Target, address: str, timeout_s: float) -> None:
        super().__init__(_bracketed(target.host), target.port, timeout=timeout_s)
        self._address = address

    def connect(self) -> None:
        """Connect to the address."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedTls(http.client.HTTPSConnection):
    """The same with a certificate that is for the host's name."""

    def __init__(self, target: uris.Target, address: str, timeout_s: float) -> None:
        super().__init__(_bracketed(target.host), target.port, timeout=timeout_s)
        self._pinned, self._name = address, target.host

    def connect(self) -> None:
        """Connect to the address and check the certificate."""
        plain = socket.create_connection((self._pinned, self.port), self.timeout)
        try:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise


def _body(target: uris.Target, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> Download:
    encoding = (response.getheader("Content-Encoding") or "identity").lower()
    if response.status != 200 or encoding != "identity":
        connection.close()
        said = f"with {response.status}" if response.status != 200 else "with encoded data, which was not asked for"
        raise errors.BadRequest(f"{target.host} answers {said}.")
    return Body(connection, response, response.length)


def _resolve(host: str, port: int) -> Sequence[str]:
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
