"""addSecurityGroup and removeSecurityGroup: every card of a server joins a group, or leaves it."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.security_groups import handlers
from cumulo.api.network import resource
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import servers
from cumulo.network import ports, revisions

Groups = set[str]


def add(request: Request, arguments: Any) -> None:
    """Put the server's cards into a group; being in it already is no error."""
    _change(request, arguments["name"], lambda held, group_id: held | {group_id})


def remove(request: Request, arguments: Any) -> None:
    """Take the server's cards out of a group; raises NotFound when none is in it."""
    _change(request, arguments["name"], _without)


def _without(held: Groups, group_id: str) -> Groups | None:
    return held - {group_id} if group_id in held else None


def _change(request: Request, name: str, change: Callable[[Groups, str], Groups | None]) -> None:
    database = request.services.database
    with database.write() as connection:
        # First of all, as every change of ports: a deletion under way takes this lock before the server's row.
        revisions.lock(connection)
        server = common.own_server(request, connection, "compute:servers:action")
        servers.check_lock(server, common.may_override_lock(request))
        group_id = _group_id(connection, server["project_id"], name)
        hosts, now = set(), database.now(connection)
        for port in _filtering(connection, server["id"]):
            wanted = change(set(port["security_groups"]), group_id)
            if wanted is not None:
                ports.update_port(connection, now, port["id"], {}, groups=sorted(wanted))
                hosts.add(port["binding_host_id"])
        if not hosts:
            raise errors.NotFound(f"Security group {name} is not assigned to server {server['id']}.")
    resource.ring(request, hosts - {""})


def _group_id(connection: sa.Connection, project_id: str, name: str) -> str:
    try:
        return handlers.ids_of(connection, project_id, [name])[0]
    except errors.BadRequest as failure:
        raise errors.NotFound(failure.message) from failure


def _filtering(connection: sa.Connection, server_id: str) -> list[dict[str, Any]]:
    """The cards that filter at all; raises BadRequest when there are none."""
    found = [port for port in ports.ports_of_device(connection, server_id) if port["port_security_enabled"]]
    if not found:
        raise errors.BadRequest("Network requires port_security_enabled and subnet associated in order to apply "
                                "security groups.")
    return found
