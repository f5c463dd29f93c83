"""The API as its own OpenAPI document describes it: what there is to send, and what may come back."""

import dataclasses
import re
from typing import Any

import jsonschema_rs

from cumulo.api.wsgi.route import parse_version

Json = dict[str, Any]
VERSION_HEADER = "OpenStack-API-Version"


@dataclasses.dataclass(frozen=True)
class Operation:
    """One method on one path; bodies hold (first microversion or "", schema) pairs."""

    family: str
    method: str
    path: str
    statuses: frozenset[int]
    query: tuple[str, ...]
    bodies: tuple[tuple[str, Json], ...]
    consumes: tuple[str, ...]
    has_versions: bool
    needs_token: bool

    @property
    def name(self) -> str:
        """Return what it is known by: method and path."""
        return f"{self.method} {self.path}"

    def pattern(self) -> re.Pattern[str]:
        """Return what the paths of this operation look like."""
        return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path)) + "/?", re.DOTALL)

    def body_at(self, version: str) -> Json | None:
        """Return the schema of the body for a microversion; "" is the lowest."""
        found = self.bodies[0][1] if self.bodies else None
        for since, schema in self.bodies:
            if since and (version == "latest" or (version and parse_version(since) <= parse_version(version))):
                found = schema
        return found


class Surface:
    """Every operation of the document, and the schemas of its errors."""

    def __init__(self, document: Json) -> None:
        schemas = document["components"]["schemas"]
        self.operations = [_operation(path, method, each, schemas)
                           for path, item in document["paths"].items() for method, each in item.items()]
        self._errors = {name.partition(".")[0]: jsonschema_rs.validator_for(schema)
                        for name, schema in schemas.items() if name.endswith(".error")}
        self._patterns = [(each.pattern(), each) for each in self.operations]

    def is_error(self, family: str, body: Any) -> bool:
        """Say whether the body is an error in the family's form."""
        return self._errors[family].is_valid(body)

    def statuses(self, method: str, path: str) -> set[int]:
        """Return the success statuses that the document declares for a method on a path, whatever its ids are."""
        wanted = ("GET", "HEAD") if method == "HEAD" else (method,)
        return {status for pattern, each in self._patterns if each.method in wanted and pattern.fullmatch(path)
                for status in each.statuses}


def _operation(path: str, method: str, described: Json, schemas: Json) -> Operation:
    names = {kind: tuple(each["name"] for each in described["parameters"] if each["in"] == kind)
             for kind in ("query", "header")}
    content = described.get("requestBody", {}).get("content", {})
    bodies = [(each["since"] or "", schemas[each["schema"]["$ref"].rpartition("/")[2]])
              for each in described.get("x-cumulo-bodies", ())]
    return Operation(
        family=described["tags"][0], method=method.upper(), path=path, query=names["query"], bodies=tuple(bodies),
        statuses=frozenset(int(status) for status in described["responses"] if status.isdigit()),
        consumes=tuple(content), has_versions=VERSION_HEADER in names["header"],
        needs_token=bool(described["security"]))
