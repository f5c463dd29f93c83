"""Every error a user or a peer service may see, in one tree.

An error carries an HTTP status, a stable code and a message that is safe to show. It is raised
with facts and turned into an API's own JSON body in one place (cumulo/api/wsgi/faults.py) and into
an RPC answer in another (to_wire). Anything outside this tree is a bug: the user sees a 500 with
the request id only, the log has the trace.

    CumuloError
      BadRequest 400  Unauthorized 401  Forbidden 403  QuotaExceeded 403  NotFound 404 ...
      Conflict 409    NoValidHost 409   Retry 503      LeaseLost 409     DeadlineExceeded 504
      CommandFailed 500   RemoteError 500   InternalError 500
"""

from typing import Any


class CumuloError(Exception):
    """An error with a status and a message that may be shown.

    kind is the error type that network clients test for ("PortNotFound"); facts are JSON values.
    """

    status = 500
    code = "internal_error"
    title = "Internal Server Error"

    def __init__(self, message: str, *, kind: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.facts = facts


class BadRequest(CumuloError):
    """The request cannot be understood or breaks a rule of its resource."""

    status, code, title = 400, "bad_request", "Bad Request"


class Unauthorized(CumuloError):
    """Nobody is known to be asking."""

    status, code, title = 401, "unauthorized", "Unauthorized"


class Forbidden(CumuloError):
    """Whoever asks may not."""

    status, code, title = 403, "forbidden", "Forbidden"


class QuotaExceeded(CumuloError):
    """More than the project may have."""

    status, code, title = 403, "quota_exceeded", "Forbidden"


class NotFound(CumuloError):
    """No such thing, or none that the caller may know of."""

    status, code, title = 404, "not_found", "Not Found"


class MethodNotAllowed(CumuloError):
    """The path exists, the method does not."""

    status, code, title = 405, "method_not_allowed", "Method Not Allowed"


class NotAcceptable(CumuloError):
    """The API version asked for is out of range."""

    status, code, title = 406, "not_acceptable", "Not Acceptable"


class Conflict(CumuloError):
    """The state of the resource does not allow it now."""

    status, code, title = 409, "conflict", "Conflict"


class Gone(CumuloError):
    """It was here once."""

    status, code, title = 410, "gone", "Gone"


class PreconditionFailed(CumuloError):
    """A condition in the request's headers does not hold."""

    status, code, title = 412, "precondition_failed", "Precondition Failed"


class TooLarge(CumuloError):
    """The body is over the limit."""

    status, code, title = 413, "too_large", "Request Entity Too Large"


class UnsupportedMediaType(CumuloError):
    """The body's type is not one this route reads."""

    status, code, title = 415, "unsupported_media_type", "Unsupported Media Type"


class RangeNotSatisfiable(CumuloError):
    """The range asked for lies outside the data."""

    status, code, title = 416, "range_not_satisfiable", "Requested Range Not Satisfiable"


class TooManyRequests(CumuloError):
    """The caller should slow down; facts may hold retry_after_s."""

    status, code, title = 429, "too_many_requests", "Too Many Requests"


class ServiceUnavailable(CumuloError):
    """A part that is needed cannot be reached now."""

    status, code, title = 503, "service_unavailable", "Service Unavailable"


class DatabaseUnavailable(ServiceUnavailable):
    """The database went away, or broke off a transaction; whether its commit counted is not known."""


class DeadlineExceeded(CumuloError):
    """No answer came in time; the message names what was waited for."""

    status, code, title = 504, "deadline_exceeded", "Gateway Timeout"


class InternalError(CumuloError):
    """A bug; the message says nothing of it."""


class RemoteError(CumuloError):
    """The peer of an RPC failed in a way it has no type for."""

    code = "remote_error"


class CommandFailed(CumuloError):
    """A program ended with an error or ran out of time; facts: program, exit_code."""

    code = "command_failed"


class NoValidHost(CumuloError):
    """No host passed the filters; the message counts what each filter removed."""

    status, code, title = 409, "no_valid_host", "Conflict"


class Retry(CumuloError):
    """Not yet: run the same step again later; not a failure."""

    status, code, title = 503, "retry", "Service Unavailable"


class LeaseLost(CumuloError):
    """Another runner owns the operation now: write nothing."""

    status, code, title = 409, "lease_lost", "Conflict"


_BY_CODE: dict[str, type[CumuloError]] = {
    each.code: each for each in (CumuloError, *CumuloError.__subclasses__()) if each is not InternalError
}


def to_wire(error: BaseException) -> dict[str, Any]:
    """Return the JSON form of an error for an RPC answer; an unknown one keeps only its type and text."""
    if isinstance(error, CumuloError):
        return {"code": error.code, "message": error.message, "kind": error.kind, "facts": error.facts}
    return {"code": RemoteError.code, "message": f"{type(error).__name__}: {error}", "kind": "", "facts": {}}


def from_wire(answer: dict[str, Any]) -> CumuloError:
    """Return the error that to_wire described, of the same class where this side knows it."""
    made = _BY_CODE.get(answer["code"], RemoteError)(answer["message"], kind=answer.get("kind", ""))
    made.facts = dict(answer.get("facts") or {})
    return made
