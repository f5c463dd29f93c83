"""What every identity handler needs: transactions that record changes, checked look-ups, collections."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import revocations
from cumulo.identity.revocations import Recorder
from cumulo.identity.tokens import Validator

Thing = TypeVar("Thing")


def validator(request: Request) -> Validator:
    """Return what makes and checks tokens: the identity API needs more of it than other APIs."""
    return cast(Validator, request.services.tokens)


@contextlib.contextmanager
def changing(request: Request) -> Iterator[tuple[sa.Connection, Recorder]]:
    """Give a transaction and the recorder of its changes; this host feels them from its next request on.

    Everything that a token says, or shows (names, roles, the catalog), may only be changed within: processes
    remember it until they are told. What records nothing counts as a change that refuses no token.
    """
    services = request.services
    try:
        with services.database.write() as connection:
            record = revocations.recorder(connection, services.conf, services.clock.now())
            yield connection, record
            if not record.numbers:
                record.change()
    finally:
        services.database.after_commit(validator(request).forget)


def require_own_rights(request: Request) -> None:
    """Raise Forbidden for a token that somebody limited: it may not make or remove ways to log in."""
    if request.context.is_restricted:
        raise errors.Forbidden("A token with restricted or borrowed rights may not see or change how its user logs in.")


def moment_of(request: Request, text: str | None) -> float | None:
    """Return the time of expires_at; raises BadRequest for one that cannot be read or is over."""
    if text is None:
        return None
    try:
        moment = times.parse(text)
    except (ValueError, OverflowError) as failure:
        raise errors.BadRequest("expires_at is not a time of the form 2026-01-31T10:00:00Z.") from failure
    if moment <= request.services.clock.now():
        raise errors.BadRequest("expires_at is over already.")
    return moment


def visible(request: Request, rule: str, thing: Thing | None, what: str, target: Mapping[str, str]) -> Thing:
    """Return the thing if policy lets the caller see it.

    Policy is asked first, also where there is no such thing: whoever may not look does not learn
    whether it exists. Raises Forbidden, then NotFound.
    """
    request.authorize(rule, dict(target))
    if thing is None:
        raise errors.NotFound(f"Could not find {what}.")
    return thing


def query_of(request: Request) -> dict[str, str]:
    """Return the query string's last value for each name."""
    return {str(name): str(value) for name, value in request.query.items()}


def collection(request: Request, key: str, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a list in its envelope; identity's lists are never cut into pages."""
    return {key: list(items), "links": {"self": self_url(request), "previous": None, "next": None}}


def self_url(request: Request) -> str:
    """Return the URL of this request, with its query."""
    query = request.raw_request.query_string
    return f"{request.path_url}?{query}" if query else request.path_url


def link(request: Request, *parts: str) -> str:
    """Return the URL of something below /v3."""
    return "/".join((request.url, "v3", *parts))
