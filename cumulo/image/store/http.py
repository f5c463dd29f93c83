"""Image data on web servers, which this cloud only reads. A name is a URL.

An administrator says which URLs those may be: a server of this cloud's that only the services can reach is none of
them, whatever a location is set to. Redirections are not followed, for they lead away from what was allowed.
"""

import http.client
import ssl
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from cumulo.image.store.file import Part
from cumulo.image.store.protocol import StoreFailed

_SKIP_BYTES = 1024 * 1024


class HttpStore:
    """What stands below some URLs."""

    kind = "http"
    writable = False
    local = False

    def __init__(self, name: str, allowed: Sequence[str], timeout_s: float, ca_file: str = "") -> None:
        self.name = name
        self._allowed = [_checked(url) for url in allowed]
        self._timeout_s = timeout_s
        self._ca_file = ca_file

    @property
    def place(self) -> str:
        """Return the URLs that may be read."""
        return ", ".join(url.geturl() for url in self._allowed)

    def allows(self, name: str) -> bool:
        """Say whether a URL is one that this store may read."""
        try:
            wanted = _checked(name)
        except ValueError:
            return False
        return any(_origin(wanted) == _origin(url) and wanted.path.startswith(url.path) for url in self._allowed)

    def create(self, name: str) -> Part:
        """Refuse: nothing is written here."""
        raise StoreFailed(f"store {self.name} takes no data")

    def open(self, name: str, first: int = 0) -> "HttpStream":
        """Open a URL from a byte on; raises FileNotFoundError."""
        answer, connection = self._ask("GET", name, {"Range": f"bytes={first}-"} if first else {})
        stream = HttpStream(answer, connection)
        if first and answer.status == 200:  # the server knows no ranges
            stream.skip(first)
        return stream

    def path(self, name: str) -> None:
        """Return None: no file of this host holds it."""

    def size(self, name: str) -> int:
        """Return the bytes that a URL leads to; raises FileNotFoundError."""
        answer, connection = self._ask("HEAD", name, {})
        connection.close()
        if answer.length is None and not (answer.getheader("Content-Length") or "").isdigit():
            raise StoreFailed("the server does not say how long it is")
        return int(answer.getheader("Content-Length") or 0)

    def delete(self, name: str) -> None:
        """Leave it: it is not this cloud's."""

    def names(self) -> set[str]:
        """Return nothing: nothing here may be removed."""
        return set()

    def holdings(self) -> None:
        """Return None: web servers do not list what they have."""

    def usage(self) -> None:
        """Return None: what there is takes none of this cloud's space."""

    def _ask(self, method: str, name: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse,
                                                                          http.client.HTTPConnection]:
        if not self.allows(name):
            raise StoreFailed("the URL is none that this store may read")
        url = _checked(name)
        connection = self._connection(url)
        try:
            connection.request(method, url.path + (f"?{url.query}" if url.query else ""), headers=headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as failure:
            connection.close()
            raise StoreFailed(f"{url.hostname} does not answer: {failure!r}") from failure
        if answer.status not in (200, 206):
            connection.close()
            raise (FileNotFoundError if answer.status in (404, 410) else StoreFailed)(
                f"{url.hostname} answers {answer.status}")
        return answer, connection

    def _connection(self, url: SplitResult) -> http.client.HTTPConnection:
        host = url.hostname or ""
        if url.scheme == "http":
            return http.client.HTTPConnection(host, url.port or 80, timeout=self._timeout_s)
        context = ssl.create_default_context(cafile=self._ca_file or None)
        return http.client.HTTPSConnection(host, url.port or 443, timeout=self._timeout_s, context=context)


class HttpStream:
    """An answer being read."""

    def __init__(self, answer: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> None:
        self._answer = answer
        self._connection = connection

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end; raises OSError when the answer ends early."""
        try:
            chunk = self._answer.read(size)
        except (http.client.HTTPException, TimeoutError) as failure:
            raise StoreFailed(f"the answer broke off: {failure!r}") from failure
        if not chunk and self._answer.length:
            raise StoreFailed(f"the answer broke off: {self._answer.length} bytes are missing")
        return chunk

    def skip(self, count: int) -> None:
        """Read on to a byte."""
        while count > 0:
            chunk = self.read(min(_SKIP_BYTES, count))
            if not chunk:
                raise StoreFailed("the answer is shorter than the image")
            count -= len(chunk)

    def close(self) -> None:
        """Read no more."""
        self._answer.close()
        self._connection.close()


def _checked(text: str) -> SplitResult:
    """Return the parts of a URL; raises ValueError for one that could mean something else to another reader."""
    url = urlsplit(text)
    odd = "@" in url.netloc or "\\" in text or not text.isascii() or not text.isprintable() or " " in text
    if url.scheme not in ("http", "https") or not url.hostname or odd or url.fragment:
        raise ValueError(f"{text[:200]!r} is no URL of a web server")
    if any(part in (".", "..") or part.lower().replace("%2e", ".") in (".", "..") for part in url.path.split("/")):
        raise ValueError(f"{text[:200]!r} leads upwards")
    return url._replace(path=url.path or "/", netloc=f"{_host(url)}:{url.port}" if url.port else _host(url))


def _host(url: SplitResult) -> str:
    return f"[{url.hostname}]" if ":" in (url.hostname or "") else str(url.hostname)


def _origin(url: SplitResult) -> tuple[str, str, int]:
    return url.scheme, url.hostname or "", url.port or (80 if url.scheme == "http" else 443)
