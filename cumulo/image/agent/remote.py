"""Reading images of another region's image service, with the token of the user who asked for it.

Where that service is, the cloud's own catalog says; an administrator may name the hosts that it can be. Redirects are
not followed, for the token must not go elsewhere.
"""

import http.client
import ssl
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from cumulo.common import errors
from cumulo.image.agent.web import Body, Download

_MOST_FACTS_BYTES = 4 * 1024 * 1024
Access = Mapping[str, str]
"""What opens an image service: its url, and the token to send."""


class Images(Protocol):
    """What reads images elsewhere; both raise BadRequest for what is refused, missing, or does not answer."""

    def show(self, access: Access, image_id: str) -> dict[str, Any]:
        """Return an image as its service shows it."""

    def open(self, access: Access, image_id: str) -> Download:
        """Return the data of an image."""


class RemoteImages:
    """Image services of other regions; no hosts means any that the catalog names."""

    def __init__(self, hosts: Sequence[str], timeout_s: float, ca_file: str = "") -> None:
        self._hosts = tuple(each.lower() for each in hosts)
        self._timeout_s = timeout_s
        self._ca_file = ca_file

    def show(self, access: Access, image_id: str) -> dict[str, Any]:
        """Return an image as its service shows it."""
        connection, answer = self._get(access, f"/v2/images/{image_id}")
        try:
            found = orjson.loads(answer.read(_MOST_FACTS_BYTES))
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as failure:
            raise errors.BadRequest("The other region's image service does not answer as one.") from failure
        finally:
            connection.close()
        if not isinstance(found, dict):
            raise errors.BadRequest("The other region's image service does not answer as one.")
        return found

    def open(self, access: Access, image_id: str) -> Download:
        """Return the data of an image."""
        connection, answer = self._get(access, f"/v2/images/{image_id}/file")
        return Body(connection, answer, answer.length)

    def _get(self, access: Access, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        base = urllib.parse.urlsplit(access["url"].rstrip("/").removesuffix("/v2"))
        connection = self._connection(base)
        try:
            connection.request("GET", base.path + path, headers={
                "X-Auth-Token": access["token"], "Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "cumulo"})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as failure:
            connection.close()
            raise errors.BadRequest(
                f"The other region's image service does not answer: {failure or type(failure).__name__}.") from failure
        if answer.status != 200:
            connection.close()
            raise errors.BadRequest(f"The other region's image service answers with {answer.status}.")
        return connection, answer

    def _connection(self, base: urllib.parse.SplitResult) -> http.client.HTTPConnection:
        host = base.hostname or ""
        if base.scheme not in ("http", "https") or not host or (self._hosts and host not in self._hosts):
            raise errors.BadRequest("The other region's image service is on a host that is not allowed.")
        if base.scheme == "https":
            trusted = ssl.create_default_context(cafile=self._ca_file or None)
            return http.client.HTTPSConnection(host, base.port, timeout=self._timeout_s, context=trusted)
        return http.client.HTTPConnection(host, base.port, timeout=self._timeout_s)
