"""The metadata of a volume: text by key, changed whole, in part, or one key at a time."""

from collections.abc import Callable
from typing import Any

from cumulo.api.volume import common
from cumulo.api.volume.volumes.view import metadata_of
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import volumes

Metadata = dict[str, str]


def list_metadata(request: Request) -> dict[str, Any]:
    """Show all of it."""
    with request.services.database.read() as connection:
        return {"metadata": metadata_of(common.own_volume(request, connection, "volume:metadata:show"))}


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


def one(request: Request) -> Metadata:
    """Return the one key and value of the body; raises BadRequest unless the key is the path's."""
    asked: Metadata = request.body["meta"]
    if list(asked) != [request.params["key"]]:
        raise errors.BadRequest("Request body and URI mismatch")
    return asked


def without(old: Metadata, key: str) -> Metadata:
    """Return metadata without a key; raises NotFound."""
    item(old, key)
    return {name: value for name, value in old.items() if name != key}


def item(metadata: Metadata, key: str) -> str:
    """Return the value of a key; raises NotFound."""
    if key not in metadata:
        raise errors.NotFound(f"There is no metadata {key[:255]!r}.")
    return metadata[key]


def _change(request: Request, change: Callable[[Metadata], Metadata]) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = common.own_volume(request, connection, "volume:metadata:change", lock=True)
        volumes.update_volume(connection, database.now(connection), row["id"], metadata=change(dict(row["metadata"])))
        return metadata_of(volumes.get_volume(connection, row["id"]))
