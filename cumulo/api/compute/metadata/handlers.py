"""The metadata of a server: text by key, changed whole, in part, or one key at a time."""

from collections.abc import Callable
from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import quotas, servers

Metadata = dict[str, str]


def list_metadata(request: Request) -> dict[str, Any]:
    """Show all of it."""
    return {"metadata": _read(request)}


def merge(request: Request) -> dict[str, Any]:
    """Add keys and change those that are there."""
    return {"metadata": _change(request, lambda old: old | request.body["metadata"])}


def replace(request: Request) -> dict[str, Any]:
    """Put new metadata in place of the old."""
    return {"metadata": _change(request, lambda old: request.body["metadata"])}


def show_item(request: Request) -> dict[str, Any]:
    """Show one key; raises NotFound."""
    key = request.params["key"]
    return {"meta": {key: _item(_read(request), key)}}


def set_item(request: Request) -> dict[str, Any]:
    """Set one key, which must be the one of the path."""
    key, asked = request.params["key"], request.body["meta"]
    if list(asked) != [key]:
        raise errors.BadRequest("Request body and URI mismatch")
    _change(request, lambda old: old | asked)
    return {"meta": asked}


def delete_item(request: Request) -> None:
    """Remove one key; raises NotFound."""
    key = request.params["key"]

    def without(old: Metadata) -> Metadata:
        _item(old, key)
        return {name: value for name, value in old.items() if name != key}

    _change(request, without)


def _item(metadata: Metadata, key: str) -> str:
    if key not in metadata:
        raise errors.NotFound("Metadata item was not found")
    return metadata[key]


def _read(request: Request) -> Metadata:
    with request.services.database.read() as connection:
        return dict(common.own_server(request, connection, "compute:metadata:show")["metadata"])


def _change(request: Request, change: Callable[[Metadata], Metadata]) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = common.changed_server(request, connection, "compute:metadata:change", "change metadata")
        servers.check_lock(row, common.may_override_lock(request))
        after = change(dict(row["metadata"]))
        quotas.check_metadata(common.limits(request, connection), after)
        servers.update_server(connection, database.now(connection), row["id"], metadata=after)
    return after
