"""Deleting a server, whatever it is doing: for good, or so that it can be restored for a while."""

from cumulo.api.compute import common
from cumulo.api.wsgi.route import Request
from cumulo.compute import servers
from cumulo.network import ports


def delete(request: Request, *, for_good: bool = False) -> None:
    """Begin to delete the server of the path."""
    services = request.services
    softly = services.conf.servers.reclaim_deleted_after_s > 0 and not for_good
    ask = servers.request_soft_delete if softly else servers.request_delete
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:delete", lock=True)
        port_ids = [port["id"] for port in ports.ports_of_device(connection, row["id"])]
        ask(connection, services.ids, services.database.now(connection), context=request.context, row=row,
            ports=port_ids, may_override_lock=common.may_override_lock(request))
    common.ring_scheduler(request)
