"""Servers: list, show, update, delete."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import deletion, filters, view
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.operations import store
from cumulo.compute import aggregates, hosts, server_queries, servers
from cumulo.network import port_queries
from cumulo.volume import attachments


def list_brief(request: Request) -> dict[str, Any]:
    """List servers with id, name and links."""
    with request.services.database.read() as connection:
        rows, page = _rows(request, connection)
    return {"servers": [view.brief(request, row) for row in rows], **_next(request, rows, page)}


def list_full(request: Request) -> dict[str, Any]:
    """List servers with everything that show shows."""
    with request.services.database.read() as connection:
        rows, page = _rows(request, connection)
        around = surroundings(request, connection, rows)
    return {"servers": [view.full(request, row, around, listed=True) for row in rows], **_next(request, rows, page)}


def _rows(request: Request, connection: sa.Connection) -> tuple[Sequence[servers.Row], paging.Page]:
    page = paging.page(request, maximum=request.services.conf.servers.page_limit,
                       sort_keys=server_queries.SORT_COLUMNS)
    wanted = filters.read(request, connection)
    rows = [] if wanted is None or page.limit == 0 else server_queries.list_servers(
        connection, wanted, sort=page.sort, limit=page.limit, marker=page.marker)
    return rows, page


def _next(request: Request, rows: Sequence[servers.Row], page: paging.Page) -> dict[str, Any]:
    if not rows or len(rows) != page.limit:
        return {}
    return {"servers_links": [{"rel": "next", "href": paging.next_url(request, rows[-1]["id"])}]}


def surroundings(request: Request, connection: sa.Connection, rows: Sequence[servers.Row]) -> view.Surroundings:
    """Return what belongs to these servers, in a fixed number of queries."""
    server_ids = [row["id"] for row in rows]
    names = sorted({row["host"] for row in rows if row["host"]})
    host_status: dict[str, str] = {}
    if request.is_at_least("2.16") and request.may("compute:servers:show_host"):
        host_status = hosts.statuses(connection, request.services.database.now(connection), names,
                                     request.services.conf.servers.service_down_after_s)
    return view.Surroundings(
        operations=store.active_of(connection, server_ids),
        addresses=port_queries.addresses_of_devices(connection, server_ids),
        tags=servers.tags_of(connection, server_ids) if request.is_at_least("2.26") else {},
        host_status=host_status, security_groups=port_queries.groups_of_devices(connection, server_ids),
        zones=aggregates.zones(connection) if names else {},
        default_zone=request.services.conf.servers.availability_zone, volumes=attachments.of_servers(connection, server_ids))


def show(request: Request) -> dict[str, Any]:
    """Show a server."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:servers:show")
        around = surroundings(request, connection, [row])
    return {"server": view.full(request, row, around)}


def update(request: Request) -> dict[str, Any]:
    """Change the name, description, host name or access addresses of a server."""
    asked = request.body["server"]
    named = {"name": "name", "description": "description", "OS-DCF:diskConfig": "disk_config", "hostname": "hostname"}
    values = {column: asked[name] for name, column in named.items() if name in asked}
    values |= {column: common.address(asked[name]) for name, column in (
        ("accessIPv4", "access_ipv4"), ("accessIPv6", "access_ipv6")) if name in asked}
    database = request.services.database
    with database.write() as connection:
        row = common.changed_server(request, connection, "compute:servers:update", "update")
        if "pinned_availability_zone" in asked:
            values["availability_zone"] = _pin(request, connection, row, asked["pinned_availability_zone"])
        if values:
            servers.update_server(connection, database.now(connection), row["id"], **values)
            row = servers.get_server(connection, row["id"])
        around = surroundings(request, connection, [row])
    return {"server": view.updated(request, row, around)}


def _pin(request: Request, connection: sa.Connection, row: servers.Row, zone: str | None) -> str | None:
    """The zone that a server is not to leave; None lets it. A server on a host is pinned to that host's zone only."""
    own = request.services.conf.servers.availability_zone
    possible = {own, *aggregates.zone_names(connection)}
    if row["host"]:
        possible = {aggregates.zones(connection).get(row["host"], own)}
    if zone is not None and zone not in possible:
        raise errors.BadRequest(f"Instance {row['id']} is not in availability zone {zone}: it cannot be pinned there.")
    return zone


def delete(request: Request) -> None:
    """Begin to delete a server, whatever it is doing."""
    deletion.delete(request)
