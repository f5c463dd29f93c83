"""The metadata of a server: who may see and change it, and how much there may be."""

from cumulo.api.compute import common
from cumulo.api.metadata import Change, Handlers, Metadata
from cumulo.api.wsgi.route import Request
from cumulo.compute import quotas, servers


def _read(request: Request) -> Metadata:
    with request.services.database.read() as connection:
        return dict(common.own_server(request, connection, "compute:metadata:show")["metadata"])


def _change(request: Request, change: Change) -> Metadata:
    database = request.services.database
    with database.write() as connection:
        row = common.changed_server(request, connection, "compute:metadata:change", "change metadata")
        servers.check_lock(row, common.may_override_lock(request))
        after = change(dict(row["metadata"]))
        quotas.check_metadata(common.limits(request, connection), after)
        servers.update_server(connection, database.now(connection), row["id"], metadata=after)
    return after


HANDLERS = Handlers(_read, _change)
