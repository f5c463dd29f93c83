"""The six routes of text by key below a resource: shown, changed whole, in part, or one key at a time.

A resource says how its metadata is read and how it is changed; what the bodies look like and what is refused
is the same for all.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from cumulo.api.wsgi.route import Request, Route
from cumulo.common import errors

Metadata = dict[str, str]
Change = Callable[[Metadata], Metadata]


@dataclasses.dataclass(frozen=True)
class Handlers:
    """What the routes call. change passes the metadata as it is to a function and keeps what it returns."""

    read: Callable[[Request], Metadata]
    change: Callable[[Request, Change], Metadata]

    def show_all(self, request: Request) -> dict[str, Any]:
        """Show all of the metadata."""
        return {"metadata": self.read(request)}

    def merge(self, request: Request) -> dict[str, Any]:
        """Add keys and change those that are there."""
        return {"metadata": self.change(request, lambda old: old | request.body["metadata"])}

    def replace(self, request: Request) -> dict[str, Any]:
        """Put new metadata in place of the old."""
        return {"metadata": self.change(request, lambda old: request.body["metadata"])}

    def show_item(self, request: Request) -> dict[str, Any]:
        """Show one key; raises NotFound."""
        key = request.params["key"]
        return {"meta": {key: _item(self.read(request), key)}}

    def set_item(self, request: Request) -> dict[str, Any]:
        """Set one key; raises BadRequest unless it is the one of the path."""
        asked = request.body["meta"]
        if list(asked) != [request.params["key"]]:
            raise errors.BadRequest("Request body and URI mismatch")
        self.change(request, lambda old: old | asked)
        return {"meta": asked}

    def delete_item(self, request: Request) -> None:
        """Remove one key; raises NotFound."""
        key = request.params["key"]

        def without(old: Metadata) -> Metadata:
            _item(old, key)
            return {name: value for name, value in old.items() if name != key}

        self.change(request, without)


def routes(path: str, handlers: Handlers, *, values: dict[str, Any], show: str, change: str, deleted: int = 200,
           until: str | None = None) -> tuple[Route, ...]:
    """Return the routes below a resource's path: values is their schema, show and change are policies."""
    every = _body("metadata", values)
    one = _body("meta", values | {"minProperties": 1, "maxProperties": 1})
    path, key = f"{path}/metadata", f"{path}/metadata/{{key}}"
    return (
        Route("GET", path, handlers.show_all, policy=show, until=until),
        Route("POST", path, handlers.merge, policy=change, until=until, body=every),
        Route("PUT", path, handlers.replace, policy=change, until=until, body=every),
        Route("GET", key, handlers.show_item, policy=show, until=until),
        Route("PUT", key, handlers.set_item, policy=change, until=until, body=one),
        Route("DELETE", key, handlers.delete_item, policy=change, until=until, status=deleted),
    )


def _body(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: values}, "required": [name], "additionalProperties": False}


def _item(metadata: Metadata, key: str) -> str:
    if key not in metadata:
        raise errors.NotFound(f"There is no metadata {key[:255]!r}.")
    return metadata[key]
