"""The metadata of a volume: who may see and change it.

    3.15 ETag in answers, which If-Match of a change names: what changed it meanwhile is not lost
"""

import hashlib
import json
from typing import Any

from cumulo.api.metadata import Change, Handlers, Metadata
from cumulo.api.volume import common
from cumulo.api.volume.volumes.view import metadata_of
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.volume import volumes


class TaggedHandlers(Handlers):
    """Handlers whose answers with all of the metadata name it by its tag."""

    def show_all(self, request: Request) -> Any:
        """Show all of the metadata."""
        return _tagged(request, super().show_all(request))

    def merge(self, request: Request) -> Any:
        """Add keys and change those that are there."""
        return _tagged(request, super().merge(request))

    def replace(self, request: Request) -> Any:
        """Put new metadata in place of the old."""
        return _tagged(request, super().replace(request))


def _tagged(request: Request, shown: dict[str, Any]) -> dict[str, Any] | Reply:
    return Reply(shown, headers={"ETag": f'"{_tag(shown["metadata"])}"'}) if request.is_at_least("3.15") else shown


def _tag(metadata: Metadata) -> str:
    return hashlib.sha256(json.dumps(metadata, sort_keys=True).encode()).hexdigest()[:32]


def _check(request: Request, metadata: Metadata) -> None:
    """Raise PreconditionFailed where the caller's If-Match names none of what the metadata is now."""
    condition = request.headers.get("If-Match")
    if condition is None or condition.strip() == "*" or not request.is_at_least("3.15"):
        return
    named = [each.strip().removeprefix("W/").strip('"') for each in condition.split(",")]
    if _tag(metadata) not in named:
        raise errors.PreconditionFailed("The metadata of the volume is not any more what If-Match names.")


def _read(request: Request) -> Metadata:
    with request.services.database.read() as connection:
        return metadata_of(common.own_volume(request, connection, "volume:metadata:show"))


def _change(request: Request, change: Change) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = common.own_volume(request, connection, "volume:metadata:change", lock=True)
        _check(request, metadata_of(row))
        volumes.update_volume(connection, database.now(connection), row["id"], metadata=change(dict(row["metadata"])))
        return metadata_of(volumes.get_volume(connection, row["id"]))


HANDLERS = TaggedHandlers(_read, _change)
