"""A small client of the public APIs, for what `up` itself does as an ordinary user of the cloud.

It knows no more than a stranger would: log in with a password, find the URLs, send JSON.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any, BinaryIO

from cumulo.cloud.refusal import Refusal

Json = dict[str, Any]
REQUEST_TIMEOUT_S = 60


class ApiError(Refusal):
    """An answer of 400 and above, with the status and the server's own words."""

    def __init__(self, method: str, url: str, status: int, said: str) -> None:
        super().__init__(f"{method} {url} was answered with {status}: {said}")
        self.status = status


class Client:
    """One user of one project; logs in at the first request and again when the token has run out."""

    def __init__(self, base_url: str, password: str, *, user: str = "admin", project: str = "admin") -> None:
        self._base_url = base_url.rstrip("/")
        self._login = (user, password, project)
        self._token = ""

    def get(self, path: str) -> Json:
        """Send a GET and return the answer."""
        return self.request("GET", path)

    def post(self, path: str, body: Json) -> Json:
        """Send a POST and return the answer."""
        return self.request("POST", path, body)

    def delete(self, path: str) -> None:
        """Send a DELETE; what is not there any more is as good as deleted."""
        try:
            self.request("DELETE", path)
        except ApiError as failure:
            if failure.status != 404:
                raise

    def upload(self, path: str, stream: BinaryIO, size: int) -> None:
        """Send a file's bytes with PUT, without reading it into memory."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._send("PUT", path, stream, headers)

    def request(self, method: str, path: str, body: Json | None = None, *, key: str = "", version: str = "") -> Json:
        """Send a request with a JSON body and return the JSON of the answer; {} when it has none.

        With the key of an earlier request the same request is answered again, and done only once.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        answer = self._send(method, path, data, headers | ({"Idempotency-Key": key} if key else {})
                            | ({"OpenStack-API-Version": version} if version else {}))
        return json.loads(answer) if answer else {}  # type: ignore[no-any-return]

    def log_in(self) -> None:
        """Fetch a token."""
        user, password, project = self._login
        domain = {"id": "default"}
        body = {"auth": {
            "identity": {"methods": ["password"],
                         "password": {"user": {"name": user, "domain": domain, "password": password}}},
            "scope": {"project": {"name": project, "domain": domain}}}}
        request = urllib.request.Request(f"{self._base_url}/identity/v3/auth/tokens", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method="POST")
        with _opened(request) as answer:
            self._token = answer.headers["X-Subject-Token"]

    def _send(self, method: str, path: str, data: Any, headers: dict[str, str]) -> bytes:
        if not self._token:
            self.log_in()
        headers = {**headers, "X-Auth-Token": self._token, "Accept": "application/json"}
        request = urllib.request.Request(self._base_url + path, data, headers, method=method)
        with _opened(request) as answer:
            return answer.read()  # type: ignore[no-any-return]


def _opened(request: urllib.request.Request) -> Any:
    # No proxy: the cloud is on this machine whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(request, timeout=REQUEST_TIMEOUT_S)
    except urllib.error.HTTPError as failure:
        said = failure.read().decode("utf-8", "replace")[:500]
        raise ApiError(request.get_method(), request.full_url, failure.code, said) from failure
    except OSError as failure:
        raise Refusal(f"{request.full_url} does not answer: {failure}") from failure


def wait_until(question: Callable[[], bool], what: str, timeout_s: float, interval_s: float = 0.1) -> None:
    """Ask again and again until the answer is yes; the refusal names what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not question():
        if time.monotonic() > deadline:
            raise Refusal(f"{what} did not happen within {timeout_s:g} s")
        time.sleep(interval_s)


def quoted(name: str) -> str:
    """Return a name fit for a query string."""
    return urllib.parse.quote(name, safe="")
