"""Routes as data, and what a handler receives and returns.

A resource folder lists its routes; the framework finds the route, checks version, token, policy and
schema, calls the handler and turns what it returns into an answer:

    ROUTES = (Route("POST", "/servers", handlers.create, policy="compute:servers:create", status=202,
                    body=schema.CREATE),)
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
import webob

from cumulo.api.services import Services
from cumulo.common.context import Context
from cumulo.common.rpc import doorbell

Schema = dict[str, Any] | tuple[tuple[str, dict[str, Any]], ...]
"""A JSON Schema, or several with the version each begins at, oldest first."""
Version = tuple[int, int]
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")
JSON_TYPE = ("application/json",)
Body = dict[str, Any] | list[Any] | bytes | str | None
Write = Callable[[], AbstractContextManager[sa.Connection]]


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer that is more than a JSON body with the route's status.

    chunks streams bytes instead of a body; bytes and str bodies are sent as they are.
    """

    body: Body = None
    status: int | None = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    chunks: Iterable[bytes] | None = None
    content_type: str | None = None


@dataclasses.dataclass
class Request:
    """One request, with everything checked that its route declares.

    last_write, if any, is what the last transaction of a streamed body must be opened with: it keeps the
    answer for the request's Idempotency-Key.
    """

    raw_request: webob.Request
    services: Services
    context: Context
    params: dict[str, str]
    url: str
    version: Version | None = None
    body: Any = None
    last_write: Write | None = None
    _notes: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def query(self) -> Any:
        """Return the query's values as a multi-dict."""
        return self.raw_request.GET

    @property
    def headers(self) -> Any:
        """Return the request's headers."""
        return self.raw_request.headers

    @property
    def environ(self) -> dict[str, Any]:
        """Return the WSGI environment."""
        return self.raw_request.environ

    @property
    def raw(self) -> Any:
        """Return the body as a file, for routes that stream."""
        return self.raw_request.environ["wsgi.input"]

    @property
    def content_length(self) -> int | None:
        """Return the declared length of the body in bytes."""
        return self.raw_request.content_length

    @property
    def path_url(self) -> str:
        """Return the whole URL without the query."""
        return str(self.raw_request.path_url)

    def is_at_least(self, version: str) -> bool:
        """Say whether the caller asked for this microversion or a later one."""
        return self.version is not None and self.version >= parse_version(version)

    def once(self, name: str, find: Callable[[], Any]) -> Any:
        """Return what a function finds, which is asked once for the request: lists would ask for every row."""
        if name not in self._notes:
            self._notes[name] = find()
        return self._notes[name]

    def may(self, rule: str, target: dict[str, Any] | None = None) -> bool:
        """Say whether policy lets the caller do it to the target; at home the answer stays what it is for this request."""
        if target is None:
            return bool(self.once(rule, lambda: self.services.policy.allows(rule, self.context)))
        return self.services.policy.allows(rule, self.context, target)

    def authorize(self, rule: str, target: dict[str, Any] | None = None) -> None:
        """Raise Forbidden unless policy lets the caller do it to the target."""
        self.services.policy.authorize(rule, self.context, target)

    def ring(self, target: str, what: str) -> None:
        """Tell a service, after the commit, that there is something to look at; call it after the write() block."""
        self.services.database.after_commit(doorbell.ring, self.services.bus, target, what)


Handler = Callable[[Request], "dict[str, Any] | Reply | None"]


@dataclasses.dataclass(frozen=True)
class Route:
    """One method on one path. policy None: no token is needed.

    also names the success statuses that some cases answer with instead, query the query parameters it
    reads, consumes the types of body it takes. The OpenAPI document and the fuzz tests hold it to them.
    stream: the handler reads the body itself. keeps: the answer is kept for the Idempotency-Key of the
    request; not where doing it twice makes nothing twice and the answer is a secret.
    """

    method: str
    path: str
    handler: Handler
    policy: str | None
    status: int = 200
    body: Schema | None = None
    since: str | None = None
    until: str | None = None
    stream: bool = False
    also: tuple[int, ...] = ()
    query: tuple[str, ...] = ()
    consumes: tuple[str, ...] = JSON_TYPE
    keeps: bool = True

    @property
    def changes(self) -> bool:
        """Say whether it may change something, and so takes an Idempotency-Key."""
        return self.method in _CHANGING


@dataclasses.dataclass(frozen=True)
class Family:
    """One API: its name (also its mount and error form) and microversions.

    service_type is the word in the OpenStack-API-Version header, legacy_header the older header's name.
    slash_is_empty_id: a slash at the end of a path is followed by an id that is empty, which nothing has; elsewhere
    it means nothing. The documents that need no token are read either way.
    strict_query_since: from this version on, a query parameter that a list does not know is refused, not ignored.
    project_below: where a path may name the token's project first: with /v3, /v3/{project_id}/things is /v3/things.
    """

    name: str
    service_type: str = ""
    min_version: str | None = None
    max_version: str | None = None
    legacy_header: str | None = None
    request_id_header: str | None = None
    slash_is_empty_id: bool = False
    strict_query_since: str | None = None
    project_below: str = ""


@functools.lru_cache(1000)  # asked for each key of each server of a page
def parse_version(text: str) -> Version:
    """Return "2.10" as (2, 10); raises ValueError."""
    major, _, minor = text.partition(".")
    return int(major), int(minor)
