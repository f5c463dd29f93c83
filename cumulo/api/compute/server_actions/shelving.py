"""shelve, shelveOffload and unshelve."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.server_actions import images
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import aggregates, hosts, servers, states
from cumulo.network import ports
from cumulo.volume import server_volumes

ALLOWED = (states.ACTIVE, states.SHUTOFF, states.PAUSED, states.SUSPENDED)


def shelve(request: Request, arguments: Any) -> None:
    """Begin to shelve a server."""
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        # All that a server needs of which the root disk is a volume is there already, on whatever host.
        image_id = services.ids.new_id() if row["image_id"] else None
        state = {"begins": row["status"], "image_id": image_id, "format": services.conf.servers.snapshot_format,
                 "offload": services.conf.servers.shelved_leave_hosts or image_id is None}
        _request(request, connection, row, servers.Change("shelve", "shelve_server", ALLOWED, state))
        if image_id is not None:
            images.insert(request, connection, services.database.now(connection), row, image_id,
                          name=f"{row['name'][:247]}-shelved", metadata={})
    common.ring_scheduler(request)


def offload(request: Request, arguments: Any) -> None:
    """Begin to take a shelved server off its host."""
    with request.services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:shelve_offload", lock=True)
        state = {"ports": _ports(connection, row)}
        _request(request, connection, row, servers.Change("shelveOffload", "offload_server", (states.SHELVED,), state))
    common.ring_scheduler(request)


def unshelve(request: Request, arguments: Mapping[str, Any] | None) -> None:
    """Begin to bring a shelved server back: where it still is, or to whatever host there is, or to the one that is named."""
    asked = arguments or {}
    with request.services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        if row["status"] == states.SHELVED:
            _refuse_place(asked)
            _request(request, connection, row, servers.WAKE)
        else:
            state = {"to_host": _host(request, connection, asked), "ports": _ports(connection, row),
                     "volumes": server_volumes.entries(connection, row["id"])}
            _request(request, connection, row, servers.Change(
                "unshelve", "unshelve_server", (states.SHELVED, states.SHELVED_OFFLOADED), state, needs_host=False))
            if "availability_zone" in asked:
                servers.update_server(connection, request.services.database.now(connection), row["id"],
                                      availability_zone=_zone(request, connection, asked["availability_zone"]))
    common.ring_scheduler(request)


def _refuse_place(asked: Mapping[str, Any]) -> None:
    if asked:
        raise errors.Conflict("A server that has not left its host comes back there: no zone or host can be chosen.")


def _zone(request: Request, connection: sa.Connection, zone: str | None) -> str | None:
    own = request.services.conf.servers.availability_zone
    if zone is not None and zone not in {own, *aggregates.zone_names(connection)}:
        raise errors.BadRequest("The requested availability zone is not available")
    return zone


def _host(request: Request, connection: sa.Connection, asked: Mapping[str, Any]) -> str | None:
    host = asked.get("host")
    if host is None:
        return None
    request.authorize("compute:servers:create_on_host")
    if not hosts.list_hosts(connection, compute_host.c.name == host):
        raise errors.BadRequest(f"Compute host {host} could not be found.")
    return str(host)


def _request(request: Request, connection: sa.Connection, row: servers.Row, change: servers.Change) -> None:
    services = request.services
    servers.request_change(
        connection, services.ids, services.database.now(connection), context=request.context, row=row, change=change,
        may_override_lock=common.may_override_lock(request))


def _ports(connection: sa.Connection, row: servers.Row) -> list[str]:
    return [port["id"] for port in ports.ports_of_device(connection, row["id"])]
