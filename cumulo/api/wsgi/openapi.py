"""The route table as an OpenAPI 3.1 document: nothing is written twice, so nothing can disagree.

Beside what the standard knows, an operation says:

    x-cumulo-policy     the rule that decides who may call it
    x-cumulo-since      the first microversion that has it, x-cumulo-until the last
    x-cumulo-bodies     [{"since": "2.19", "schema": {"$ref": ...}}, ...]: the body of each microversion;
                        requestBody holds the newest
"""

import functools
import re
from collections.abc import Sequence
from typing import Any

from cumulo.api.wsgi import faults
from cumulo.api.wsgi.route import Family, Route
from cumulo.common.idempotency import keys

Json = dict[str, Any]
Apis = Sequence[tuple[Family, Sequence[Route]]]
TOKEN = "token"
_VARIABLE = re.compile(r"\{(\w+)\}")
_TEXT: Json = {"type": "string"}
_QUERY: dict[str, Json] = {
    "limit": {"type": "integer", "minimum": 0}, "sort_dir": {"enum": ["asc", "desc"]},
    "page_reverse": {"type": "boolean"}, "changes-since": {"type": "string", "format": "date-time"},
}


def document(apis: Apis) -> Json:
    """Return the document of these APIs, each below its own path."""
    schemas: Json = {f"{family.name}.error": faults.SCHEMAS[family.name] for family, _ in apis}
    paths: Json = {}
    for family, routes in apis:
        names: dict[int, str] = {}
        for route in routes:
            operation = _operation(family, route, schemas, names)
            paths.setdefault(f"/{family.name}{route.path}", {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0", "info": {"title": "Cumulo", "version": "1"}, "servers": [{"url": "/"}],
        "tags": [{"name": family.name} for family, _ in apis], "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {TOKEN: {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}}}}


def _operation(family: Family, route: Route, schemas: Json, names: dict[int, str]) -> Json:
    bodies = _bodies(family, route, schemas, names)
    operation: Json = {
        "operationId": _name(family, route), "tags": [family.name],
        "summary": _summary(family, route),
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(family, route)],
        "responses": _responses(family, route), "security": [{TOKEN: []}] if route.policy else []}
    if bodies or route.stream:
        newest = bodies[-1]["schema"] if bodies else {"type": "string", "format": "binary"}
        operation["requestBody"] = {
            "required": not route.stream, "content": {kind: {"schema": newest} for kind in route.consumes}}
    more = {"policy": route.policy, "since": route.since, "until": route.until, "bodies": bodies}
    return operation | {f"x-cumulo-{name}": value for name, value in more.items() if value}


def _summary(family: Family, route: Route) -> str:
    """What the handler says of itself; a function with arguments filled in says what the function does."""
    handler = route.handler.func if isinstance(route.handler, functools.partial) else route.handler
    return (handler.__doc__ or _name(family, route)).strip().partition("\n")[0]


def _bodies(family: Family, route: Route, schemas: Json, names: dict[int, str]) -> list[Json]:
    """Return the schema of each microversion; a schema that several routes share is written once."""
    if route.body is None:
        return []
    found = []
    for since, schema in ((None, route.body),) if isinstance(route.body, dict) else route.body:
        name = names.setdefault(id(schema), f"{_name(family, route)}{f'.{since}' if since else ''}")
        schemas[name] = schema
        found.append({"since": since, "schema": {"$ref": f"#/components/schemas/{name}"}})
    return found


def _path_parameters(route: Route) -> list[Json]:
    return [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in _VARIABLE.findall(route.path)]


def _query_parameters(route: Route) -> list[Json]:
    return [{"name": name, "in": "query", "schema": _QUERY.get(name, _TEXT)} for name in dict.fromkeys(route.query)]


def _headers(family: Family, route: Route) -> list[Json]:
    named: dict[str, Json] = {}
    if family.max_version is not None:
        named["OpenStack-API-Version"] = _TEXT | {
            "description": f"{family.service_type} and a version from {family.min_version} to {family.max_version}, "
                           "or latest."}
    if route.changes:
        named[keys.HEADER] = keys.SCHEMA | {"description": "The same key and request: the same answer, done once."}
    return [{"name": name, "in": "header", "description": schema.pop("description"), "schema": schema}
            for name, schema in named.items()]


def _responses(family: Family, route: Route) -> Json:
    error = {"schema": {"$ref": f"#/components/schemas/{family.name}.error"}}
    refused = {"description": "Refused.", "content": {"application/json": error}}
    return {str(status): {"description": "Done."} for status in (route.status, *route.also)} | {"4XX": refused}


def _name(family: Family, route: Route) -> str:
    return re.sub(r"[^\w.-]+", "_", f"{family.name}.{route.method}{route.path}").rstrip("_")
