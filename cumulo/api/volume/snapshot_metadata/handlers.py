"""The metadata of a snapshot: text by key, changed whole, in part, or one key at a time."""

from collections.abc import Callable
from typing import Any

from cumulo.api.volume.metadata.handlers import Metadata, item, one, without
from cumulo.api.volume.snapshots.handlers import own_snapshot
from cumulo.api.wsgi.route import Request
from cumulo.volume import snapshots


def list_metadata(request: Request) -> dict[str, Any]:
    """Show all of it."""
    with request.services.database.read() as connection:
        return {"metadata": own_snapshot(request, connection, "volume:snapshots:show")["metadata"]}


def merge(request: Request) -> dict[str, Any]:
    """Add keys and change those that are there."""
    return {"metadata": _change(request, lambda old: old | request.body["metadata"])}


def replace(request: Request) -> dict[str, Any]:
    """Put new metadata in place of the old."""
    return {"metadata": _change(request, lambda old: request.body["metadata"])}


def show_item(request: Request) -> dict[str, Any]:
    """Show one key; raises NotFound."""
    key = request.params["key"]
    return {"meta": {key: item(list_metadata(request)["metadata"], key)}}


def set_item(request: Request) -> dict[str, Any]:
    """Set one key, which must be the one of the path."""
    asked = one(request)
    _change(request, lambda old: old | asked)
    return {"meta": asked}


def delete_item(request: Request) -> None:
    """Remove one key; raises NotFound."""
    _change(request, lambda old: without(old, request.params["key"]))


def _change(request: Request, change: Callable[[Metadata], Metadata]) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = own_snapshot(request, connection, "volume:snapshots:update", lock=True)
        after = change(dict(row["metadata"]))
        snapshots.update_snapshot(connection, database.now(connection), row["id"], metadata=after)
    return after
