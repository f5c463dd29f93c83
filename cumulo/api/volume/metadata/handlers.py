"""The metadata of a volume: who may see and change it."""

from cumulo.api.metadata import Change, Handlers, Metadata
from cumulo.api.volume import common
from cumulo.api.volume.volumes.view import metadata_of
from cumulo.api.wsgi.route import Request
from cumulo.volume import volumes


def _read(request: Request) -> Metadata:
    with request.services.database.read() as connection:
        return metadata_of(common.own_volume(request, connection, "volume:metadata:show"))


def _change(request: Request, change: Change) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = common.own_volume(request, connection, "volume:metadata:change", lock=True)
        volumes.update_volume(connection, database.now(connection), row["id"], metadata=change(dict(row["metadata"])))
        return metadata_of(volumes.get_volume(connection, row["id"]))


HANDLERS = Handlers(_read, _change)
