"""Bodies: read as JSON and checked against the schema of the version in force."""

from typing import Any

import jsonschema_rs
import orjson

from cumulo.api.wsgi.route import Schema, Version, parse_version
from cumulo.common import errors

MOST_NESTED = 64
"""Deeper than any body means to be, and far from where the validator gives up."""


class BodyCheck:
    """The compiled schemas of one route."""

    def __init__(self, schema: Schema) -> None:
        steps = ((None, schema),) if isinstance(schema, dict) else schema
        self._validators = [
            (parse_version(since) if since else (0, 0), jsonschema_rs.validator_for(each, validate_formats=True))
            for since, each in steps
        ]

    def check(self, body: Any, version: Version | None) -> None:
        """Raise BadRequest that names the place and the fault, unless the body fits."""
        validator = self._validators[0][1]
        for since, each in self._validators:
            if version is None or since <= version:
                validator = each
        try:
            validator.validate(body)  # stops at the first fault; a list of all of them can take seconds to make
        except jsonschema_rs.ValidationError as failure:
            place = "/".join(str(part) for part in failure.instance_path) or "body"
            raise errors.BadRequest(
                f"Invalid input for field/attribute {place}. {_short(failure.message)}") from failure


def _short(message: str) -> str:
    return message if len(message) <= 400 else f"{message[:400]}…"


def read_json(raw: bytes) -> Any:
    """Return the JSON value of a body; raises BadRequest for bad JSON or bad UTF-8."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as failure:
        raise errors.BadRequest(f"The body is not valid JSON: {failure}") from failure
    _refuse_unfit(value)
    return value


def _refuse_unfit(value: Any) -> None:
    """No attribute may hold U+0000: PostgreSQL cannot store it, and no client means it. None nests without end."""
    waiting: list[tuple[int, Any]] = [(0, value)]
    while waiting:
        depth, each = waiting.pop()
        if isinstance(each, str):
            if "\x00" in each:
                raise errors.BadRequest("The body holds the character U+0000, which no attribute may contain.")
        elif isinstance(each, dict | list):
            if depth == MOST_NESTED:
                raise errors.BadRequest(f"The body nests more than {MOST_NESTED} levels deep.")
            waiting.extend((depth + 1, inner) for inner in each)
            if isinstance(each, dict):
                waiting.extend((depth + 1, inner) for inner in each.values())
