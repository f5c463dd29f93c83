"""The metadata of a snapshot: who may see and change it."""

from cumulo.api.metadata import Change, Handlers, Metadata
from cumulo.api.volume.snapshots.handlers import own_snapshot
from cumulo.api.wsgi.route import Request
from cumulo.volume import snapshots


def _read(request: Request) -> Metadata:
    with request.services.database.read() as connection:
        return dict(own_snapshot(request, connection, "volume:snapshots:show")["metadata"])


def _change(request: Request, change: Change) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = own_snapshot(request, connection, "volume:snapshots:update", lock=True)
        after = change(dict(row["metadata"]))
        snapshots.update_snapshot(connection, database.now(connection), row["id"], metadata=after)
    return after


HANDLERS = Handlers(_read, _change)
