"""What an answer must be, whatever was asked."""

import re
from typing import Any

import orjson

from tests.fuzz.cloud import Answer
from tests.fuzz.operations import Surface
from tests.fuzz.shapes import Shape

MOST_CPU_S = 2.0
MOST_WALL_S = 10.0
"""Two seconds is the promise; wall time is given more, because a machine that runs tests does other things too."""

_LEAKS = re.compile(
    rb"Traceback \(most recent|File \\?\"/|\.py\b|sqlalchemy|sqlite3|psycopg2|pymysql|OperationalError|IntegrityError|"
    rb"DataError|\bSELECT .{0,200}\bFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\bDELETE FROM\b", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What a refused request may have committed, and why nobody can take it for a change.
ALLOWED = {
    # The image is taken, so that no second upload begins, and given back when the data is refused: it is "queued"
    # before and after. Its updated_at tells of the attempt.
    ("PUT", re.compile(r"/image/v2/images/[^/]+/file/?")): "UPDATE image SET",
}

#: A project's default security group makes itself when a project first looks for its groups, a topology when it is asked for.
#: QoS specs are given to types, and taken from them, by GET: so clients of that API ask for it.
MADE_WHEN_LOOKED_FOR = re.compile(r"/network/v2\.0/(security-groups/?|auto-allocated-topology/.*)|/compute/v2\.1/os-security-groups/?"
                                  r"|/volume/v3/.*qos-specs/[^/]*/(dis)?associate(_all)?")


def complaints(surface: Surface, shape: Shape, answer: Answer) -> list[str]:
    """Return everything that is wrong with an answer; empty is well."""
    found = []
    if answer.status >= 500:
        found.append(f"{answer.status}: {answer.body[:300]!r}\n{answer.trace}")
    if answer.cpu_s >= MOST_CPU_S or answer.wall_s >= MOST_WALL_S:
        found.append(f"took {answer.wall_s:.1f} s, {answer.cpu_s:.1f} s of them computing")
    found += _headers(answer)
    leak = _LEAKS.search(answer.body)
    if leak and leak[0] not in shape.content:
        found.append(f"tells of its inside: {answer.body[max(0, leak.start() - 60):leak.end() + 60]!r}")
    return found + (_refused(surface, shape, answer) if answer.status >= 400 else _done(surface, shape, answer))


def _refused(surface: Surface, shape: Shape, answer: Answer) -> list[str]:
    found = []
    path = shape.path.decode("latin-1")
    unexplained = [each for each in answer.committed if not any(
        method == shape.method and pattern.fullmatch(path) and each == what for (method, pattern),
        what in ALLOWED.items())]
    if unexplained:
        found.append(f"{answer.status} and yet it committed {unexplained}")
    if shape.method == "HEAD":
        return found + (["a body in the answer to HEAD"] if answer.body else [])
    body = _json(answer)
    if body is None or not surface.is_error(shape.operation.family, body):
        found.append(f"no error of the {shape.operation.family} API: {answer.body[:300]!r}")
    return found


def _done(surface: Surface, shape: Shape, answer: Answer) -> list[str]:
    found = []
    declared = surface.statuses(shape.method, shape.path.decode("utf-8", "replace"))
    if answer.status not in declared:
        found.append(f"{answer.status} is not among what the route declares: {sorted(declared)}")
    path = shape.path.decode("latin-1")
    if shape.method in ("GET", "HEAD") and answer.committed and not MADE_WHEN_LOOKED_FOR.fullmatch(path):
        found.append(f"a read committed {answer.committed}")
    kind = dict(answer.headers).get("Content-Type", "")
    if kind.startswith("application/json") and shape.method != "HEAD" and _json(answer) is None:
        found.append(f"no JSON: {answer.body[:300]!r}")
    return found


def _headers(answer: Answer) -> list[str]:
    return [f"no header for a server to send: {name}: {value!r}" for name, value in answer.headers
            if _CONTROL.search(value) or not value.isascii()]


def _json(answer: Answer) -> Any:
    try:
        return orjson.loads(answer.body)
    except ValueError:
        return None
