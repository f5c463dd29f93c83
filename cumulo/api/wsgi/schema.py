"""Bodies: read as JSON and checked against the schema of the version in force."""

from typing import Any

import jsonschema_rs
import orjson

from cumulo.api.wsgi.route import Schema, Version, parse_version
from cumulo.common import errors


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
        failure = next(iter(validator.iter_errors(body)), None)
        if failure is not None:
            place = "/".join(str(part) for part in failure.instance_path) or "body"
            raise errors.BadRequest(f"Invalid input for field/attribute {place}. {_short(failure.message)}")


def _short(message: str) -> str:
    return message if len(message) <= 400 else f"{message[:400]}…"


def read_json(raw: bytes) -> Any:
    """Return the JSON value of a body; raises BadRequest for bad JSON or bad UTF-8."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as failure:
        raise errors.BadRequest(f"The body is not valid JSON: {failure}") from failure
    _refuse_nul(value)
    return value


def _refuse_nul(value: Any) -> None:
    """No attribute may hold U+0000: PostgreSQL cannot store it, and no client means it."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if "\x00" in each:
                raise errors.BadRequest("The body holds the character U+0000, which no attribute may contain.")
        elif isinstance(each, dict):
            waiting.extend(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
