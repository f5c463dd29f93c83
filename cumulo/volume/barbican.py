"""A client of the key manager whose API is Barbican's (v1), as a user that the cloud has there.

    POST   /v1/secrets                   201 {"secret_ref": ".../v1/secrets/<id>"}
    GET    /v1/secrets?name=             200 {"secrets": [{"secret_ref"}, …], "total"}; of the user's project alone
    GET    /v1/secrets/<id>/payload      200, as the Accept says; 404 where it is gone
    DELETE /v1/secrets/<id>              204; 404 where it is gone

Of a reference the id alone is kept: where the key manager is, the configuration decides. Tokens come from Keystone
(POST /v3/auth/tokens) and are used until one is refused. What may pass is a Retry; nothing of a secret is in any message.
"""

import http.client
import json
import re
import ssl
import urllib.parse
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors

MOST_BYTES = 1 << 20
_REFERENCE = re.compile(r"/secrets/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?$")
_PASSING = (408, 409, 413, 429)
_WHO = "The key manager"


class Barbican:
    """cumulo.volume.key_manager.SecretStore over HTTP; settings are the options of [keys]."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._token = ""

    def keep(self, name: str, passphrase: str) -> str:
        """Store a passphrase and return what it is called there."""
        body = {"name": name, "payload": passphrase, "payload_content_type": "text/plain", "secret_type": "passphrase"}
        return _id_of(_read(self._ask("POST", "/v1/secrets", body), Mapping).get("secret_ref"))

    def find(self, name: str) -> list[str]:
        """Return what those of this name are called."""
        found = _read(self._ask("GET", f"/v1/secrets?{urllib.parse.urlencode({'name': name, 'limit': 100})}"), Mapping)
        return sorted(_id_of(each.get("secret_ref")) for each in found.get("secrets") or ())

    def read(self, secret: str) -> str:
        """Return a passphrase; raises Gone where there is none."""
        try:
            return self._ask("GET", f"/v1/secrets/{secret}/payload", accept="text/plain").decode()
        except UnicodeDecodeError as failure:
            raise _odd() from failure

    def remove(self, secret: str) -> None:
        """Have none; idempotent."""
        try:
            self._ask("DELETE", f"/v1/secrets/{secret}")
        except errors.Gone:
            return

    def _ask(self, method: str, path: str, body: Any = None, accept: str = "application/json") -> bytes:
        """Send a request, with a new token where the one at hand is no longer taken; raises as _check does."""
        for is_last in (False, True):
            token = self._token or self._log_in()
            status, _, said = self._send(self._settings.barbican_endpoint, method, path, body, {"X-Auth-Token": token, "Accept": accept})
            if status != 401 or is_last:
                break
            self._token = ""
        _check(_WHO, status)
        return said

    def _log_in(self) -> str:
        told = self._settings
        user = {"name": told.username, "domain": {"name": told.user_domain_name}, "password": told.password}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {
            "name": told.project_name, "domain": {"name": told.project_domain_name}}}}}
        status, headers, _ = self._send(told.auth_url, "POST", "/auth/tokens", body, {})
        _check("Keystone, asked for a token for the key manager,", status)
        self._token = headers.get("X-Subject-Token") or ""
        if not self._token:
            raise errors.Conflict("Keystone gave no token for the key manager: is [keys] auth_url right?")
        return self._token

    def _send(self, base: str, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        url = urllib.parse.urlsplit(base.rstrip("/").removesuffix("/v1"))
        data = None if body is None else json.dumps(body).encode()
        connection = self._connection(url)
        try:
            connection.request(method, url.path + path, body=data, headers={
                "User-Agent": "cumulo", **({"Content-Type": "application/json"} if data else {}), **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as failure:
            raise errors.Retry(f"{_WHO} does not answer: {failure or type(failure).__name__}.") from failure
        finally:
            connection.close()

    def _connection(self, url: urllib.parse.SplitResult) -> http.client.HTTPConnection:
        timeout_s = self._settings.timeout_s
        if url.scheme == "https":
            trusted = ssl.create_default_context(cafile=self._settings.ca_file or None)
            return http.client.HTTPSConnection(url.netloc, timeout=timeout_s, context=trusted)
        return http.client.HTTPConnection(url.netloc, timeout=timeout_s)


def _check(who: str, status: int) -> None:
    """Raise Retry for an answer that may be another one later, Gone for what is not there, Forbidden for what it refuses."""
    if status < 300:
        return
    if status >= 500 or status in _PASSING:
        raise errors.Retry(f"{who} answers {status} for now.")
    if status in (404, 410):
        raise errors.Gone(f"{who} has it no more ({status}).")
    if status in (401, 403):
        raise errors.Forbidden(f"{who} does not let the cloud's user do this ({status}): look at [keys] and at its roles there.")
    raise errors.Conflict(f"{who} does not take the request ({status}).")


def _read(said: bytes, kind: Any) -> Any:
    try:
        found = json.loads(said)
    except ValueError as failure:
        raise _odd() from failure
    if not isinstance(found, kind):
        raise _odd()
    return found


def _id_of(reference: Any) -> str:
    found = _REFERENCE.search(reference) if isinstance(reference, str) else None
    if found is None:
        raise _odd()
    return found[1]


def _odd() -> errors.Conflict:
    return errors.Conflict("The key manager does not answer as one: is [keys] barbican_endpoint right?")
