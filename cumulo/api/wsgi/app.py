"""One API as a WSGI application: from a request to its handler and back.

Order: request id, body limit, route, version, token, policy, schema, handler, answer. An unknown
path is answered before the token is looked at, an unknown exception is a 500 that says the request
id and nothing else; its trace is in the log. A request that carries an Idempotency-Key is looked up
before its body is judged, and its handler runs inside one transaction (once.py).
"""

import dataclasses
import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import webob
from routes import Mapper

from cumulo.api.services import Services
from cumulo.api.wsgi import access, faults, schema, versions
from cumulo.api.wsgi.once import Once
from cumulo.api.wsgi.route import JSON_TYPE, Family, Reply, Request, Route, Version, parse_version
from cumulo.common import errors, log
from cumulo.common.context import Context
from cumulo.common.idempotency import keys
from cumulo.common.idempotency.seal import Answer

LOG = log.get(__name__)
MAX_BODY_BYTES = 112 * 1024
JSON = "application/json"
_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REQUEST_ID_HEADER = "X-Openstack-Request-Id"
_HOST = re.compile(r"([A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])?(:[0-9]{0,5})?")
_SECRET = re.compile(r"(/v2\.0/+tokens/+)[^/]+")
_BODILESS = (204, 205, 304)
_KEY = f"HTTP_{keys.HEADER.upper().replace('-', '_')}"
#: What beside method, URL and body changes the meaning of a request.
_MEANINGFUL = ("Content-Type", "If-Match", "X-Subject-Token")


class Application:
    """A WSGI application over a family's routes."""

    def __init__(self, family: Family, routes: Sequence[Route], services: Services) -> None:
        self._family = family
        self._services = services
        self._table: dict[str, list[Route]] = {}
        self._mapper = Mapper(register=False)
        for route in routes:
            self._add(route)
        self._checks = {id(route): schema.BodyCheck(route.body) for route in routes if route.body is not None}
        self._mapper.create_regs([])
        # What a path without variables leads to is the same every time: looked up once, not matched once a request.
        self._constant = {path: self._mapper.match(path) for path in self._table if "{" not in path}

    def _add(self, route: Route) -> None:
        if route.path not in self._table:
            self._mapper.connect(None, route.path, path=route.path)
        self._table.setdefault(route.path, []).append(route)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        raw = webob.Request(environ)
        request_id = self._services.ids.request_id()
        started = self._services.clock.monotonic()
        try:
            response = self._answer(raw, request_id)
        except errors.CumuloError as error:
            if error.status >= 500:
                LOG.warning("request_refused", request_id=request_id, status=error.status, error=error.message)
            response = faults.answer(self._family.name, error)
        except Exception:
            LOG.exception("request_failed", request_id=request_id, method=raw.method, path=_shown_path(raw))
            response = faults.answer(self._family.name, errors.InternalError(
                f"Unexpected error. Report it with the request id {request_id}."))
        self._finish(raw, response, response.headers.get(_REQUEST_ID_HEADER, request_id))
        took_ms = round((self._services.clock.monotonic() - started) * 1000, 1)
        LOG.info("request", request_id=request_id, method=raw.method, path=_shown_path(raw), status=response.status_int, took_ms=took_ms)
        return response(environ, start_response)  # type: ignore[no-any-return]

    def _answer(self, raw: webob.Request, request_id: str) -> webob.Response:
        _check_host(raw)
        path = _path_of(raw)
        version = versions.requested(self._family, raw.headers)
        raw.environ["cumulo.version"] = version
        path, project_id = self._without_project(path)
        route, params = self._find(raw.method, path, version)
        context = self._context(raw, route, request_id)
        if project_id is not None and project_id != context.project_id:
            raise errors.BadRequest("Malformed request url: the project in it is not that of the token.")
        request = Request(raw, self._services, context, params, raw.application_url.rstrip("/"), version)
        if route.policy is not None:
            request.authorize(route.policy)
        _check_query(self._family, route, request)
        _check_type(raw, route)
        if _KEY in raw.environ and route.changes:
            keys.check(raw.environ[_KEY])
            if route.keeps:
                return self._answer_once(route, request)
        if not route.stream:
            request.body = self._parse(route, _content(raw), version)
        return _respond(route, route.handler(request))

    def _answer_once(self, route: Route, request: Request) -> webob.Response:
        """Answer a request with a key: do it, or repeat the answer of when it was done."""
        raw = request.raw_request
        content = b"" if route.stream else _content(raw)
        scope = keys.scope_of(request.context, _whole_path(raw))
        once = Once(self._services, keys.asked(raw.environ[_KEY], scope, _meaning(route, request, content)))
        if (earlier := once.earlier()) is not None:
            return _repeat(earlier, request)
        if not route.stream:
            request.body = self._parse(route, content, request.version)
        try:
            return self._do_once(route, request, once)
        except errors.CumuloError:
            # A twin may have done it since the look above, and that may be why this one was refused.
            if (earlier := once.earlier()) is None:
                raise
            return _repeat(earlier, request)

    def _do_once(self, route: Route, request: Request, once: Once) -> webob.Response:
        if route.stream:
            answer = Answer(route.status, request.context.request_id)
            request.last_write = functools.partial(once.last_write, answer)
            return _respond(route, route.handler(request))
        request.services = once.services
        with once.database.whole():
            response = _respond(route, route.handler(request))
            once.keep(Answer(response.status_int, request.context.request_id, _lasting_headers(response), response.body))
        return response

    def _without_project(self, path: str) -> tuple[str, str | None]:
        """Return a path without the id of a project, where the family lets paths name one, and that id."""
        base = self._family.project_below
        if not base or not path.startswith(f"{base}/") or self._match(path) is not None:
            return path, None
        project_id, slash, rest = path[len(base) + 1:].partition("/")
        return (f"{base}/{rest}", project_id) if slash and project_id else (path, None)

    def _match(self, path: str) -> dict[str, str] | None:
        matched: dict[str, str] | None = self._constant.get(path) or self._mapper.match(path)
        return matched or self._match_without_slash(path)

    def _find(self, method: str, path: str, version: Version | None) -> tuple[Route, dict[str, str]]:
        matched = self._match(path)
        if matched is None:
            raise errors.NotFound("The resource could not be found.")
        params = dict(matched)
        candidates = [route for route in self._table[params.pop("path")] if _is_in(route, version)]
        if not candidates:
            raise errors.NotFound("The resource could not be found in this API version.")
        wanted = "GET" if method == "HEAD" and not any(r.method == "HEAD" for r in candidates) else method
        for route in candidates:
            if route.method == wanted:
                return route, params
        allowed = ", ".join(sorted({route.method for route in candidates}))
        raise errors.MethodNotAllowed(f"{method} is not allowed here; {allowed} is.", allow=allowed)

    def _match_without_slash(self, path: str) -> dict[str, str] | None:
        if path == "/" or path[-1] != "/":
            return None
        matched: dict[str, str] | None = self._mapper.match(path[:-1])
        if matched and self._family.slash_is_empty_id and any(each.policy for each in self._table[matched["path"]]):
            return None
        return matched

    def _context(self, raw: webob.Request, route: Route, request_id: str) -> Context:
        asked = raw.headers.get("X-Openstack-Request-Id", "")
        above = asked if _REQUEST_ID.fullmatch(asked) else None
        token = raw.headers.get("X-Auth-Token")
        if route.policy is None:
            return Context(request_id=request_id, global_request_id=above)
        if not token:
            raise errors.Unauthorized("The request you have made requires authentication.")
        held = self._services.tokens.validate(token)
        if held.access_rules is not None:
            access.check(held.access_rules, self._family.service_type or self._family.name, raw.method,
                         (raw.path_info, _whole_path(raw)))
        return dataclasses.replace(held, request_id=request_id, global_request_id=above)

    def _parse(self, route: Route, content: bytes, version: Version | None) -> Any:
        check = self._checks.get(id(route))
        if check is None:
            return schema.read_json(content) if content.strip() else None
        if not content.strip():
            raise errors.BadRequest("The request needs a JSON body.")
        body = schema.read_json(content)
        check.check(body, version)
        return body

    def _finish(self, raw: webob.Request, response: webob.Response, request_id: str) -> None:
        response.headers[_REQUEST_ID_HEADER] = request_id
        if self._family.request_id_header:
            response.headers[self._family.request_id_header] = request_id
        response.headers.update(versions.answer_headers(self._family, raw.environ.get("cumulo.version")))
        if response.status_int == 401:
            response.headers["WWW-Authenticate"] = f'Keystone uri="{raw.host_url}/identity"'


def _shown_path(raw: webob.Request) -> str:
    """Return the path for the log: what has a token in it loses it, whether there is such a route or not."""
    return _SECRET.sub(r"\1***", raw.environ.get("SCRIPT_NAME", "") + raw.environ.get("PATH_INFO", ""))


def _check_host(raw: webob.Request) -> None:
    """Answers hold URLs and headers made of the Host header: RFC 9110, 7.2 wants an invalid one refused."""
    if not _HOST.fullmatch(raw.headers.get("Host", "")):
        raise errors.BadRequest("The Host header is not valid.")


def _path_of(raw: webob.Request) -> str:
    try:
        path = raw.path_info
    except UnicodeDecodeError as failure:
        raise errors.BadRequest("The path is not valid UTF-8.") from failure
    try:
        raw.GET.items()
    except UnicodeDecodeError as failure:
        raise errors.BadRequest("The query is not valid UTF-8.") from failure
    if "\x00" in path or any("\x00" in text for pair in raw.GET.items() for text in pair):
        raise errors.BadRequest("The URL holds the character U+0000.")
    # A route's pattern would match before a line end, and so another path than the one that was asked for.
    if path.endswith("\n"):
        raise errors.NotFound("The resource could not be found.")
    return path or "/"


def _is_in(route: Route, version: Version | None) -> bool:
    if version is None:
        return True
    return not ((route.since and version < parse_version(route.since))
                or (route.until and version > parse_version(route.until)))


def _check_type(raw: webob.Request, route: Route) -> None:
    """Hold a route to its types of body. JSON is read whatever it is called: clients forget to say so."""
    if route.consumes != JSON_TYPE and raw.content_type not in route.consumes:
        raise errors.UnsupportedMediaType(f"The body must be of type {' or '.join(route.consumes)}.")


def _check_query(family: Family, route: Route, request: Request) -> None:
    since = family.strict_query_since
    if since is None or route.changes or not route.query or not request.is_at_least(since):
        return
    unknown = sorted(set(request.query) - set(route.query))
    if unknown:
        raise errors.BadRequest(f"There is no query parameter {unknown[0][:64]!r} here.")


def _has_body(raw: webob.Request) -> bool:
    return bool(raw.content_length) or "chunked" in raw.headers.get("Transfer-Encoding", "").lower()


def _content(raw: webob.Request) -> bytes:
    """Return the body; raises TooLarge."""
    if (raw.content_length or 0) > MAX_BODY_BYTES:
        raise errors.TooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    content = _read(raw)
    if len(content) > MAX_BODY_BYTES:
        raise errors.TooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    return content


def _read(raw: webob.Request) -> bytes:
    """Return the body, or one byte more than the limit of a longer one; a declared length is what is read."""
    if not _has_body(raw):
        return b""
    declared = raw.content_length
    return bytes(raw.environ["wsgi.input"].read(MAX_BODY_BYTES + 1 if declared is None else declared))


def _meaning(route: Route, request: Request, content: bytes) -> list[str | bytes]:
    """Return what must be the same for a request to be the same. A streamed body counts by its length alone."""
    raw = request.raw_request
    body = content if not route.stream else str(request.content_length)
    return [raw.method, _whole_path(raw), raw.query_string, str(request.version), body,
            *(f"{name}: {raw.headers.get(name, '')}" for name in _MEANINGFUL)]


def _whole_path(raw: webob.Request) -> str:
    return str(raw.script_name + raw.path_info)


def _lasting_headers(response: webob.Response) -> tuple[tuple[str, str], ...]:
    """Return the headers that belong to the answer; the others are added to every answer anew."""
    return tuple((name, value) for name, value in response.headerlist if name != "Content-Length")


def _repeat(answer: Answer, request: Request) -> webob.Response:
    """Return the kept answer, under the id of the request that did it: operations are known by that one."""
    LOG.info("answer_repeated", request_id=request.context.request_id, of=answer.request_id)
    response = webob.Response(status=answer.status, body=answer.body)
    response.headers.pop("Content-Type", None)
    if answer.status in _BODILESS:
        response.headers.pop("Content-Length", None)
    response.headers.update(dict(answer.headers))
    response.headers[_REQUEST_ID_HEADER] = answer.request_id
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _is_plain_json(reply: Reply) -> bool:
    if reply.chunks is not None or "Content-Type" in reply.headers:
        return False
    if isinstance(reply.body, bytes):
        return reply.content_type == JSON
    return reply.body is not None and not isinstance(reply.body, str) and reply.content_type in (None, JSON)


def _respond(route: Route, outcome: Any) -> webob.Response:
    reply = outcome if isinstance(outcome, Reply) else Reply(outcome)
    status = reply.status or route.status
    if _is_plain_json(reply) and status not in _BODILESS:
        # Made in one go: what is set piece by piece is looked for among the headers each time.
        body = reply.body if isinstance(reply.body, bytes) else orjson.dumps(reply.body)
        return webob.Response(body, status, [("Content-Type", JSON), *reply.headers.items()])
    response = webob.Response(status=status)
    if reply.content_type or (reply.body is not None and not isinstance(reply.body, bytes | str)):
        response.content_type = reply.content_type or JSON
        if response.content_type == JSON:
            response.charset = None
    if reply.chunks is not None:
        response.app_iter = reply.chunks
        response.headers.pop("Content-Length", None)
    elif isinstance(reply.body, bytes):
        response.body = reply.body
    elif isinstance(reply.body, str):
        response.charset = "utf-8"
        response.text = reply.body
    elif reply.body is not None:
        response.body = orjson.dumps(reply.body)
    if response.status_int in _BODILESS:
        response.headers.pop("Content-Type", None)
        response.headers.pop("Content-Length", None)
    response.headers.update(reply.headers)
    return response

