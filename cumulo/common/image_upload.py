"""Sending a file to the image service as a client does."""

import http.client
import os
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from cumulo.common import errors
from cumulo.common.image_files import Progress

CHUNK = 1024 * 1024
Facts = Mapping[str, Any]
Upload = Callable[[Facts, BinaryIO, Progress], None]
"""Sends a file to the image service: {"url", "token"} of the scheduler, the open file, who is told percents."""
_LATER = (401, 408, 409, 429)  # a token that ran out, and an upload that ended half way: the next try may do
_GONE = (404, 410)


def http_upload(timeout_s: float) -> Upload:
    """Return an upload to access["url"] with access["token"]; timeout_s is how long nothing may move."""
    def send(access: Facts, file: BinaryIO, progress: Progress) -> None:
        try:
            status, said = _put(access, file, progress, timeout_s)
        except (OSError, http.client.HTTPException) as failure:
            raise errors.Retry(f"the image service does not take the data: {failure}") from failure
        check(status, said)

    return send


def check(status: int, said: str) -> None:
    """Raise Retry for an answer that may be another one later, NotFound for an image that is gone, else Conflict."""
    if status < 300:
        return
    if status in _LATER or status >= 500:
        raise errors.Retry(f"the image service answers {status}")
    if status in _GONE:
        raise errors.NotFound(f"the image is gone ({status})")
    raise errors.Conflict(f"the image service refuses the data ({status}): {said[:200]}")


def _put(access: Facts, file: BinaryIO, progress: Progress, timeout_s: float) -> tuple[int, str]:
    url = urllib.parse.urlsplit(access["url"])
    if url.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            url.netloc, timeout=timeout_s, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(url.netloc, timeout=timeout_s)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        connection.putrequest("PUT", url.path)
        for name, value in (("X-Auth-Token", access["token"]), ("Content-Type", "application/octet-stream"),
                            ("Content-Length", str(size))):
            connection.putheader(name, value)
        connection.endheaders()
        sent = 0
        while chunk := file.read(CHUNK):
            connection.send(chunk)
            sent += len(chunk)
            progress(100 * sent / size)
        answer = connection.getresponse()
        return answer.status, answer.read(4096).decode("utf-8", "replace")
    finally:
        connection.close()
